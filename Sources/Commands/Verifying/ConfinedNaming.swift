import BlockIO
import Documents
import Glibc
import ImageInspector
import ImageSource
import Sandbox
import Terminal

/// Names the files of an image that hold some of its bytes, in a process that can do nothing else (R47).
enum ConfinedNaming {
  /// The only argument of that process, with the ranges behind it; it is no subcommand.
  private static let argument = "confined-naming="
  /// A walk through large directories on a slow medium.
  private static let longestTime = Duration.seconds(60)
  /// As many as a list of differences has.
  private static let mostRanges = 64

  /// Names them, as far as that can be done: without names a difference is still a difference.
  static func files(
    holding ranges: [Range<UInt64>], in image: any SuppliedFile, stopSignal: @Sendable () -> Int32?
  ) -> [NamedFile] {
    guard !ranges.isEmpty else { return [] }
    let text =
      argument + ranges.prefix(mostRanges).map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
    do throws(Refusal) {
      let answer = try ConfinedInspection.ask(text, about: image, within: longestTime, stopSignal)
      if case .files(let files) = answer.content { return files }
      return []
    } catch { return [] }
  }

  // MARK: - In the confined process

  /// Names files and ends the process, if it was started for that; returns otherwise.
  ///
  /// To be called before there is a second thread.
  static func runIfAsked() {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 1, let only = arguments.first, only.hasPrefix(argument) else { return }
    let ranges = ranges(in: only.dropFirst(argument.count))
    do throws(SystemCallError) {
      let file = try FileBytes(adopting: OwnedDescriptor(adopting: ConfinedProcess.input))
      ConfinedInspection.answer(look(at: file, for: ranges))
    } catch { _exit(1) }
  }

  private static func ranges(in text: Substring) -> [Range<UInt64>] {
    text.split(separator: ",").prefix(mostRanges).compactMap { part in
      let ends = part.split(separator: "-").compactMap { UInt64($0) }
      return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
    }
  }

  private static func look(at file: FileBytes, for ranges: [Range<UInt64>]) -> ConfinedAnswer {
    let confinement: Confinement
    do throws(SystemCallError) {
      confinement = try Confinement.enter(for: .inspection, isRoot: geteuid() == 0)
    } catch {
      return ConfinedAnswer(confinement: Confinement(), content: .unconfined(error))
    }
    do throws(InspectionError) {
      let files = try ImageInspector.files(holding: ranges, in: file)
      return ConfinedAnswer(confinement: confinement, content: .files(files))
    } catch {
      switch error {
      case .unreadable(let error, let offset):
        return ConfinedAnswer(confinement: confinement, content: .unreadable(error, offset: offset))
      }
    }
  }
}

extension NamedFile {
  /// A clause for a person.
  var text: SanitizedText {
    let place: SanitizedText = partition.map { "\(fileSystem) of partition \($0)" } ?? "\(fileSystem)"
    let kind: SanitizedText = isDirectory ? "the list of names of" : "the file"
    return "byte \(offset) is in \(kind) \(SanitizedText(foreign: path, limit: 200)) (\(place))"
  }

  /// The entry of `files`.
  var json: JSONValue {
    [
      "path": JSONValue(path), "directory": .bool(isDirectory), "fileSystem": JSONValue(fileSystem),
      "partition": JSONValue(partition), "offset": JSONValue(offset),
    ]
  }
}

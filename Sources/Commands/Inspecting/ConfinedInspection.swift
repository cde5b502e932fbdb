import BlockIO
import DiskFormats
import Glibc
import ImageInspector
import ImageSource
import Sandbox
import SystemPackage

/// An inspection, and what confined the process that made it.
struct Inspected: Hashable {
  /// What the image is.
  let report: ImageReport
  /// What that process had given up before it read the first byte.
  let confinement: Confinement
}

/// Looks at an image in a process that can do nothing else (R47).
///
/// Parsers read what anybody may have made, and this program often runs as root. So it starts itself once more
/// with the image's descriptor and a pipe; that process gives everything up, reads the image and answers. There
/// is no other way to a report, and none at all where that process fails. What it answers is read as what it has looked
/// at would be: with a bound, checked, and no word in it decides what may be written where (R51).
enum ConfinedInspection {
  /// What the confined process is given to look at; its only argument, which is no subcommand.
  private enum Sight: String, CaseIterable {
    /// The image, or what it is packed in.
    case whole = "confined-inspection"
    /// The beginning of that.
    case beginning = "confined-inspection-of-beginning"
    /// All that a packed file was unpacked to.
    case unpacked = "confined-inspection-of-unpacked"
    /// The beginning of that.
    case unpackedBeginning = "confined-inspection-of-unpacked-beginning"
  }
  /// What follows one of them where the name of a member of an archive comes behind it.
  private static let separator = "="
  /// The longest inspection reads 256 MiB, from a slow medium perhaps.
  private static let longestTime = Duration.seconds(300)

  /// Looks at an open image, until a signal ends the run.
  /// - Parameter member: the name of the member of an archive that is the image; nil where it is the only one.
  static func inspect(
    _ image: any SuppliedFile, member: String?, stopSignal: @Sendable () -> Int32?
  ) throws(Refusal) -> Inspected {
    let argument = (image.seenByteCount == nil ? Sight.whole : .beginning).rawValue
    let inspected = try report(member.map { argument + separator + $0 } ?? argument, on: image, stopSignal)
    // Both have asked the kernel how long the file is, one after the other.
    guard inspected.report.byteCount == image.seenByteCount ?? image.fileByteCount else {
      throw Refusal(diagnostic: Diagnostic(ImageSourceError.changed(path: image.path), image: image.path))
    }
    return Inspected(report: inspected.report.completed(by: image), confinement: inspected.confinement)
  }

  /// Looks at what a packed file was unpacked to so far.
  static func inspect(
    unpacked image: StreamedFile, stopSignal: @Sendable () -> Int32?
  ) throws(Refusal) -> Inspected {
    let sight = image.seenByteCount == nil ? Sight.unpacked : .unpackedBeginning
    return try report(sight.rawValue, on: image, stopSignal)
  }

  private static func report(
    _ argument: String, on image: any SuppliedFile, _ stopSignal: () -> Int32?
  ) throws(Refusal) -> Inspected {
    let answer = try ask(argument, about: image, within: longestTime, stopSignal)
    switch answer.content {
    case .report(let report): return Inspected(report: report, confinement: answer.confinement)
    case .sums, .files: throw Refusal(diagnostic: .inspectionSenseless(image: image.path))
    case .unreadable(let error, let offset):
      throw Refusal(
        diagnostic: Diagnostic(ImageSourceError.system(error, offset: offset), image: image.path))
    case .unconfined(let error):
      throw Refusal(diagnostic: Diagnostic(ConfinementError.system(error), image: image.path))
    }
  }

  /// An open file of its own, so that neither its place nor its flags are shared with ours.
  private static func reopen(_ image: any SuppliedFile) throws(Refusal) -> OwnedDescriptor {
    do throws(ImageSourceError) { return try image.reopened() } catch {
      throw Refusal(diagnostic: Diagnostic(error, image: image.path))
    }
  }

  /// Starts a process that looks at an image, and hears its answer.
  static func ask(
    _ argument: String, about image: any SuppliedFile, within time: Duration, _ stopSignal: () -> Int32?
  ) throws(Refusal) -> ConfinedAnswer {
    let file = try reopen(image)
    let bytes: [UInt8]
    do throws(ConfinementError) {
      let process = try ConfinedProcess(argument: argument, reading: file)
      bytes = try process.answer(limit: ConfinedAnswer.limit, within: time) { stopSignal() != nil }
    } catch { throw Refusal(diagnostic: Diagnostic(error, image: image.path, signal: stopSignal())) }
    do throws(FormatError) { return try ConfinedAnswer(parsing: bytes) } catch {
      throw Refusal(diagnostic: .inspectionSenseless(image: image.path))
    }
  }
}

extension ImageReport {
  /// The same with what its supplier knows of the length, where only the beginning was looked at.
  func completed(by image: any SuppliedFile) -> ImageReport {
    guard seenByteCount != nil, let byteCount = image.fileByteCount else { return self }
    var report = self
    report.byteCount = byteCount
    if let least = leastByteCount, unpacked == nil, least > byteCount {
      report.truncatedBy = least - byteCount
    }
    return report
  }
}

// MARK: - In the confined process

extension ConfinedInspection {
  /// Carries the inspection out and ends the process, if it was started for that; returns otherwise.
  ///
  /// To be called before there is a second thread.
  static func runIfAsked() {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 1, let only = arguments.first else { return }
    for sight in Sight.allCases {
      if only == sight.rawValue { carryOut(sight, member: nil) }
      let prefix = sight.rawValue + separator
      if only.hasPrefix(prefix) { carryOut(sight, member: String(only.dropFirst(prefix.count))) }
    }
  }

  private static func carryOut(_ sight: Sight, member: String?) -> Never {
    do throws(SystemCallError) {
      // The kernel is asked what the file is before that cannot be asked any more; no byte of it is read.
      let file = try FileBytes(adopting: OwnedDescriptor(adopting: ConfinedProcess.input))
      answer(look(at: file, sight, member: member))
    } catch { _exit(1) }
  }

  private static func look(at file: FileBytes, _ sight: Sight, member: String?) -> ConfinedAnswer {
    let confinement: Confinement
    do throws(SystemCallError) {
      confinement = try Confinement.enter(for: .inspection, isRoot: geteuid() == 0)
    } catch {
      return ConfinedAnswer(confinement: Confinement(), content: .unconfined(error))
    }
    do throws(InspectionError) {
      let report =
        switch sight {
        case .whole: try ImageInspector.inspect(file, member: member)
        case .beginning: try ImageInspector.inspect(beginning: file, member: member)
        case .unpacked: try ImageInspector.inspect(unpacked: file, isWhole: true)
        case .unpackedBeginning: try ImageInspector.inspect(unpacked: file, isWhole: false)
        }
      return ConfinedAnswer(confinement: confinement, content: .report(report))
    } catch {
      switch error {
      case .unreadable(let error, let offset):
        return ConfinedAnswer(confinement: confinement, content: .unreadable(error, offset: offset))
      }
    }
  }

  /// Answers and ends the process.
  static func answer(_ answer: ConfinedAnswer) -> Never {
    // Nothing that runs at the end of a process is wanted here.
    _exit(ConfinedProcess.send(answer.bytes) ? 0 : 1)
  }
}

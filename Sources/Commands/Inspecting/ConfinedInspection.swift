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
  /// The only argument of the confined process; it is no subcommand.
  private static let argument = "confined-inspection"
  /// The same for a file that has only the beginning of the image.
  private static let argumentForBeginning = "confined-inspection-of-beginning"
  /// What follows one of them where the name of a member of an archive comes behind it.
  private static let separator = "="
  /// The longest inspection reads 256 MiB, from a slow medium perhaps.
  private static let longestTime = Duration.seconds(300)

  /// Looks at an open image, until a signal ends the run.
  /// - Parameter member: the name of the member of an archive that is the image; nil where it is the only one.
  static func inspect(
    _ image: any SuppliedFile, member: String?, stopSignal: @Sendable () -> Int32?
  ) throws(Refusal) -> Inspected {
    let argument = image.seenByteCount == nil ? argument : argumentForBeginning
    let answer = try ask(
      member.map { argument + separator + $0 } ?? argument, about: image, within: longestTime, stopSignal)
    switch answer.content {
    case .report(let report):
      // Both have asked the kernel how long the file is, one after the other.
      guard report.byteCount == image.seenByteCount ?? image.fileByteCount else {
        throw Refusal(diagnostic: Diagnostic(ImageSourceError.changed(path: image.path), image: image.path))
      }
      return Inspected(report: report.completed(by: image), confinement: answer.confinement)
    case .sums: throw Refusal(diagnostic: .inspectionSenseless(image: image.path))
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
    for (argument, isWhole) in [(argument, true), (argumentForBeginning, false)] {
      if only == argument { carryOut(member: nil, isWhole) }
      let prefix = argument + separator
      if only.hasPrefix(prefix) { carryOut(member: String(only.dropFirst(prefix.count)), isWhole) }
    }
  }

  private static func carryOut(member: String?, _ isWhole: Bool) -> Never {
    do throws(SystemCallError) {
      // The kernel is asked what the file is before that cannot be asked any more; no byte of it is read.
      let file = try FileBytes(adopting: OwnedDescriptor(adopting: ConfinedProcess.input))
      answer(look(at: file, member: member, isWhole))
    } catch { _exit(1) }
  }

  private static func look(at file: FileBytes, member: String?, _ isWhole: Bool) -> ConfinedAnswer {
    let confinement: Confinement
    do throws(SystemCallError) {
      confinement = try Confinement.enter(for: .inspection, isRoot: geteuid() == 0)
    } catch {
      return ConfinedAnswer(confinement: Confinement(), content: .unconfined(error))
    }
    do throws(InspectionError) {
      let report =
        try isWhole
        ? ImageInspector.inspect(file, member: member)
        : ImageInspector.inspect(beginning: file, member: member)
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

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
  /// The longest inspection reads 256 MiB, from a slow medium perhaps.
  private static let longestTime = Duration.seconds(300)

  /// Looks at an open image, until a signal ends the run.
  static func inspect(
    _ image: any SuppliedFile, stopSignal: @Sendable () -> Int32?
  ) throws(Refusal) -> Inspected {
    let answer = try ask(about: try reopen(image), image.path, stopSignal)
    switch answer.content {
    case .report(let report):
      // Both have asked the kernel how long the file is, one after the other.
      guard report.byteCount == image.seenByteCount ?? image.fileByteCount else {
        throw Refusal(diagnostic: Diagnostic(ImageSourceError.changed(path: image.path), image: image.path))
      }
      return Inspected(report: report, confinement: answer.confinement)
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

  private static func ask(
    about file: consuming OwnedDescriptor, _ path: String, _ stopSignal: () -> Int32?
  ) throws(Refusal) -> ConfinedAnswer {
    let bytes: [UInt8]
    do throws(ConfinementError) {
      let process = try ConfinedProcess(argument: argument, reading: file)
      bytes = try process.answer(limit: ConfinedAnswer.limit, within: longestTime) { stopSignal() != nil }
    } catch { throw Refusal(diagnostic: Diagnostic(error, image: path, signal: stopSignal())) }
    do throws(FormatError) { return try ConfinedAnswer(parsing: bytes) } catch {
      throw Refusal(diagnostic: .inspectionSenseless(image: path))
    }
  }
}

// MARK: - In the confined process

extension ConfinedInspection {
  /// Carries the inspection out and ends the process, if it was started for that; returns otherwise.
  ///
  /// To be called before there is a second thread.
  static func runIfAsked() {
    guard CommandLine.arguments.dropFirst().elementsEqual([argument]) else { return }
    do throws(SystemCallError) {
      // The kernel is asked what the file is before that cannot be asked any more; no byte of it is read.
      let file = try FileBytes(adopting: OwnedDescriptor(adopting: ConfinedProcess.input))
      answer(look(at: file))
    } catch { _exit(1) }
  }

  private static func look(at file: FileBytes) -> ConfinedAnswer {
    let confinement: Confinement
    do throws(SystemCallError) {
      confinement = try Confinement.enter(for: .inspection, isRoot: geteuid() == 0)
    } catch {
      return ConfinedAnswer(confinement: Confinement(), content: .unconfined(error))
    }
    do throws(InspectionError) {
      return ConfinedAnswer(confinement: confinement, content: .report(try ImageInspector.inspect(file)))
    } catch {
      switch error {
      case .unreadable(let error, let offset):
        return ConfinedAnswer(confinement: confinement, content: .unreadable(error, offset: offset))
      }
    }
  }

  private static func answer(_ answer: ConfinedAnswer) -> Never {
    // Nothing that runs at the end of a process is wanted here.
    _exit(ConfinedProcess.send(answer.bytes) ? 0 : 1)
  }
}

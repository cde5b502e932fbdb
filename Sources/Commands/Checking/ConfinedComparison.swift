import BlockIO
import Glibc
import ImageInspector
import ImageSource
import ImageTrust
import Sandbox
import Terminal

/// Compares the files in an image with a list of their checksums that lies beside them, in a process that can do
/// nothing else (R47).
enum ConfinedComparison {
  /// The only argument of that process; it is no subcommand.
  private static let argument = "confined-comparison"
  /// It reads all of an image, from a slow medium perhaps.
  private static let longestTime = Duration.seconds(6 * 3600)

  /// Compares, until a signal ends the run.
  /// - Returns: nil where the image has no such list.
  static func compare(
    _ image: any SuppliedFile, stopSignal: @Sendable () -> Int32?
  ) throws(Refusal) -> TreeSums? {
    switch try ConfinedInspection.ask(argument, about: image, within: longestTime, stopSignal).content {
    case .sums(let sums): return sums
    case .report, .files: throw Refusal(diagnostic: .inspectionSenseless(image: image.path))
    case .unreadable(let error, let offset):
      throw Refusal(
        diagnostic: Diagnostic(ImageSourceError.system(error, offset: offset), image: image.path))
    case .unconfined(let error):
      throw Refusal(diagnostic: Diagnostic(ConfinementError.system(error), image: image.path))
    }
  }

  /// Compares in this process.
  static func compare(_ bytes: FileBytes) throws(InspectionError) -> TreeSums? {
    try ImageInspector.compareTree(of: bytes, lists: TreeList.names, limit: TreeList.limit) { text in
      TreeList.lines(in: text).map {
        ListedFile(path: $0.path, algorithm: $0.checksum.algorithm, digest: $0.checksum.bytes)
      }
    }
  }

  /// Opens a file so that all of it may be read twice, and no more.
  static func open(_ descriptor: consuming OwnedDescriptor) throws(SystemCallError) -> FileBytes {
    let byteCount = try FileBytes(adopting: try descriptor.duplicate()).byteCount
    return try FileBytes(
      adopting: descriptor, budget: Int(clamping: byteCount &* 2) + FileBytes.defaultBudget)
  }

  // MARK: - In the confined process

  /// Carries the comparison out and ends the process, if it was started for that; returns otherwise.
  ///
  /// To be called before there is a second thread.
  static func runIfAsked() {
    guard CommandLine.arguments.dropFirst().elementsEqual([argument]) else { return }
    // libcrypto reads its configuration with its first digest, which is no longer possible later.
    _ = DigestAlgorithm.computable
    do throws(SystemCallError) {
      let file = try open(OwnedDescriptor(adopting: ConfinedProcess.input))
      ConfinedInspection.answer(look(at: file))
    } catch { _exit(1) }
  }

  private static func look(at file: FileBytes) -> ConfinedAnswer {
    let confinement: Confinement
    do throws(SystemCallError) {
      confinement = try Confinement.enter(for: .comparison, isRoot: geteuid() == 0)
    } catch {
      return ConfinedAnswer(confinement: Confinement(), content: .unconfined(error))
    }
    do throws(InspectionError) {
      return ConfinedAnswer(confinement: confinement, content: .sums(try compare(file)))
    } catch {
      switch error {
      case .unreadable(let error, let offset):
        return ConfinedAnswer(confinement: confinement, content: .unreadable(error, offset: offset))
      }
    }
  }
}

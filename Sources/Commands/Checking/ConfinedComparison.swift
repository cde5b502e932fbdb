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

  /// Compares in this process, with every list that is there: each may name files that another leaves out.
  /// - Returns: what came of the first list that shows damage, the best digest before others, or else of the one by
  ///   which the most files are right; nil where no list is there, or none of the files in them.
  static func compare(_ bytes: FileBytes) throws(InspectionError) -> TreeSums? {
    var best: TreeSums?
    var compared: Set<[UInt8]> = []
    for name in TreeList.names {
      var paths: Set<[UInt8]> = [Array(name.utf8)]
      let sums = try ImageInspector.compareTree(of: bytes, lists: [name], limit: TreeList.limit) { text in
        let lines = TreeList.lines(in: text)
        paths.formUnion(lines.map(\.path))
        // Nothing is read again for digests that are no better. The lists themselves count among those files: of two
        // that name each other, the one that was made first cannot be right.
        guard !paths.subtracting([Array(name.utf8)]).isSubset(of: compared) else { return [] }
        return lines.map {
          ListedFile(path: $0.path, algorithm: $0.checksum.algorithm, digest: $0.checksum.bytes)
        }
      }
      guard let sums else { continue }
      if sums.isWrong { return sums }
      if sums.matchingCount > best?.matchingCount ?? 0 { best = sums }
      compared.formUnion(paths)
    }
    return best
  }

  /// Opens a file so that all of it may be read once for each list and once besides, and no more.
  static func open(_ descriptor: consuming OwnedDescriptor) throws(SystemCallError) -> FileBytes {
    let byteCount = try FileBytes(adopting: try descriptor.duplicate()).byteCount
    // No image is as long as the bound, with which nothing overflows.
    let budget = min(byteCount, 1 << 50) * UInt64(TreeList.names.count + 1)
    return try FileBytes(adopting: descriptor, budget: Int(clamping: budget) + FileBytes.defaultBudget)
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

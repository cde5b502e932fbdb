import BlockIO
import DeviceProbe
import DeviceSafety
import DiskFormats
import Synchronization
import Terminal

/// The search for whatever else a system might recognise on a stick that was made empty.
final class SignatureSearch: Sendable {
  /// What came of it.
  enum Outcome: Hashable {
    /// The new table and the new file system, and nothing else.
    case clean
    /// The new ones are not recognised as what they are, or not alone.
    case others([FoundSignature])
    /// The stick could not be searched.
    case failed(SystemCallError)
  }

  private let disk: EmptyDisk
  private let found = Mutex<Outcome?>(nil)

  init(_ disk: EmptyDisk) { self.disk = disk }

  /// What came of it; nil as long as nothing was searched.
  var outcome: Outcome? { found.withLock { $0 } }

  /// Searches the target, past every cache, while nobody else can use it.
  func search(_ target: borrowing ApprovedTarget) {
    let outcome: Outcome
    do throws(SystemCallError) {
      outcome = Self.judge(try target.foundSignatures(partition: disk.partition), on: disk)
    } catch { outcome = .failed(error) }
    found.withLock { $0 = outcome }
  }

  /// Compares what is recognised with what ought to be.
  static func judge(_ signatures: [FoundSignature], on disk: EmptyDisk) -> Outcome {
    let table = signatures.filter { $0.type == "dos" && ($0.offset ?? .max) < 512 }
    let volume = signatures.filter {
      $0.type == disk.fileSystem.blkidName && disk.partition.prefix(4096).contains($0.offset ?? .max)
    }
    let others = signatures.filter { !table.contains($0) && !volume.contains($0) }
    return others.isEmpty && !table.isEmpty && !volume.isEmpty ? .clean : .others(others)
  }
}

extension FoundSignature {
  /// What it is and where, for a person.
  var text: SanitizedText {
    let name = SanitizedText(foreign: type, limit: 32)
    return offset.map { "\(name) at byte \($0)" } ?? name
  }
}

import Glibc
import SystemPackage

/// One thing that the kernel has said (Documentation/ABI/testing/dev-kmsg).
public struct KernelRecord: Hashable, Sendable {
  /// What it said; parts of it are foreign, such as the names that devices give themselves.
  public let text: String
  /// The device that it speaks of, such as `b8:16` or `+scsi:6:0:0:0`; nil for most records.
  public let device: String?

  /// Takes a record apart; nil for what is none.
  public init?(parsing bytes: [UInt8]) {
    guard let start = bytes.firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let lines = bytes[(start + 1)...].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    text = String(decoding: lines.first ?? [], as: UTF8.self)
    device = lines.dropFirst().map { String(decoding: $0, as: UTF8.self) }
      .first { $0.hasPrefix(" DEVICE=") }.map { String($0.dropFirst(8)) }
  }
}

/// Something that tells what the kernel says; tests put another one in place of the kernel.
public protocol KernelRecordSource: Sendable {
  /// Leaves out everything that was said before.
  func skip()
  /// What was said since it was asked last, up to a bound.
  func records() -> [KernelRecord]
}

/// The kernel's log, opened while that was still permitted.
public final class KernelLog: KernelRecordSource {
  private let descriptor: OwnedDescriptor

  /// More records than this are not read at once.
  private static let bound = 4096
  /// The kernel gives no record that is longer.
  private static let longest = 16 << 10

  /// Opens it; many systems let only root read it.
  public init() throws(SystemCallError) {
    descriptor = try OwnedDescriptor(opening: "/dev/kmsg", [.nonBlocking])
  }

  /// Leaves out everything that was said before.
  public func skip() { _ = lseek(descriptor.rawValue, 0, SEEK_END) }

  /// What was said since it was asked last, up to a bound.
  public func records() -> [KernelRecord] {
    var records: [KernelRecord] = []
    var memory = [UInt8](repeating: 0, count: Self.longest)
    for _ in 0..<Self.bound {
      do throws(SystemCallError) {
        let count = try descriptor.readSome(into: &memory, from: 0)
        guard count > 0 else { return records }
        if let record = KernelRecord(parsing: Array(memory.prefix(count))) { records.append(record) }
      } catch {
        // What was overwritten meanwhile is lost, and the next read gives what follows.
        guard error.errno == .brokenPipe else { return records }
      }
    }
    return records
  }
}

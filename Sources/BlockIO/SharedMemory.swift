import CLinuxBlock
import Glibc
import SystemPackage

/// Memory that another process shares, and may change at any moment (R47).
///
/// Whoever does not trust that process copies what lies in it before it is looked at: bytes that are checked and then
/// used must not change in between.
@safe
public struct SharedMemory: ~Copyable, @unchecked Sendable {
  // Sendable: the mapping has one owner, because the struct cannot be copied.
  private let memory: UnsafeMutableRawBufferPointer

  /// Makes memory that has a length for good, for ``init(mapping:byteCount:isWritten:)`` in two processes.
  ///
  /// The corresponding C function is `memfd_create`.
  /// - Parameter byteCount: its length in bytes.
  public static func file(byteCount: Int) throws(SystemCallError) -> OwnedDescriptor {
    var number: CInt = -1
    try SystemCallError.check(unsafe clb_shared_memory(Int64(byteCount), &number), "memfd_create")
    return OwnedDescriptor(adopting: number)
  }

  /// Maps it.
  ///
  /// The corresponding C function is `mmap`.
  /// - Parameters:
  ///   - file: the memory; it may be closed afterwards.
  ///   - byteCount: its length in bytes.
  ///   - isWritten: whether this process writes to it; otherwise it only copies from it.
  public init(
    mapping file: borrowing OwnedDescriptor, byteCount: Int, isWritten: Bool
  ) throws(SystemCallError) {
    let protection = isWritten ? PROT_READ | PROT_WRITE : PROT_READ
    let start = unsafe mmap(nil, byteCount, protection, MAP_SHARED, file.rawValue, 0)
    guard let start = unsafe start, unsafe start != MAP_FAILED else {
      throw SystemCallError(call: "mmap", errno: Errno(rawValue: Glibc.errno))
    }
    unsafe memory = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  deinit { _ = unsafe munmap(memory.baseAddress, memory.count) }

  /// Its length in bytes.
  public var byteCount: Int { unsafe memory.count }

  /// Lends a range of it to be filled; only where it was mapped for that.
  public mutating func fill<Result, Failure: Error>(
    _ range: Range<Int>, _ body: (inout MutableRawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var bytes = unsafe memory.mutableBytes
    var room = bytes._mutatingExtracting(range)
    return try body(&room)
  }

  /// Copies a range of it.
  /// - Parameters:
  ///   - range: which bytes.
  ///   - target: where they go.
  ///   - offset: the place in there.
  public func copy(_ range: Range<Int>, into target: inout AlignedBuffer, at offset: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "range outside the memory")
    var bytes = target.mutableBytes
    var room = bytes._mutatingExtracting(offset..<offset + range.count)
    unsafe room.withUnsafeMutableBytes { here in
      guard let mine = here.baseAddress, let theirs = unsafe memory.baseAddress else { return }
      // Safe: both ranges were checked; whatever the other process writes meanwhile, each byte is one that it wrote.
      unsafe memcpy(mine, theirs + range.lowerBound, range.count)
    }
  }
}

public import BlockIO
import Glibc
import Synchronization
import SystemPackage

/// Where a record is written to; tests put in its place one that fails at every point.
public protocol RecordSink: Sendable {
  /// Writes a range of a buffer at an offset of the file.
  func write(_ buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64) throws(SystemCallError)
  /// Waits until everything written is on the state directory's medium.
  func synchronize() throws(SystemCallError)
  /// Gives the finished file its name, and waits until the name lasts as well.
  func publish() throws(SystemCallError)
}

extension RecordSink {
  /// Writes bytes at an offset of the file.
  func write(_ bytes: [UInt8], at offset: UInt64) throws(SystemCallError) {
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    for start in stride(from: 0, to: bytes.count, by: buffer.byteCount) {
      let part = bytes[start..<min(start + buffer.byteCount, bytes.count)]
      buffer.copy(from: Array(part).span, at: 0)
      try write(buffer, range: 0..<part.count, at: offset + UInt64(start))
    }
  }
}

extension OwnedDescriptor {
  /// Takes the lock of a file in the state directory, which tells others that it is in use.
  ///
  /// - Throws: `EWOULDBLOCK` where another process holds it for longer than one that only looks.
  func lockAsItsUser() throws(SystemCallError) {
    let (attempts, pause) = (20, useconds_t(10_000))
    for _ in 1..<attempts {
      do throws(SystemCallError) { return try lockAgainstProbes() } catch {
        guard error.errno == .wouldBlock else { throw error }
      }
      usleep(pause)
    }
    try lockAgainstProbes()
  }
}

/// A file in the state directory that has no name of a record before it is whole.
///
/// It is locked as long as it is open, so that others leave it alone; without ``publish()`` it goes with the
/// value, or with the next save where the process was killed.
final class FileSink: RecordSink {
  private let directory: PrivateDirectory
  private let descriptor: OwnedDescriptor
  private let temporary: FilePath.Component
  private let name: FilePath.Component
  private let isPublished = Atomic<Bool>(false)

  init(
    in directory: consuming PrivateDirectory, temporary: FilePath.Component, name: FilePath.Component
  ) throws(SystemCallError) {
    let descriptor = try directory.create(temporary)
    try descriptor.lockAsItsUser()
    self.directory = directory
    self.descriptor = descriptor
    self.temporary = temporary
    self.name = name
  }

  deinit {
    // Nothing is there under this name once it has been published, and a process that writes may remove nothing.
    if !isPublished.load(ordering: .relaxed) { try? directory.remove(temporary) }
    descriptor.unlockForProbes()
  }

  func write(
    _ buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64
  ) throws(SystemCallError) { try descriptor.write(buffer, range: range, at: offset) }

  func synchronize() throws(SystemCallError) { try descriptor.synchronize() }

  func publish() throws(SystemCallError) {
    try directory.rename(temporary, to: name)
    isPublished.store(true, ordering: .relaxed)
    try directory.synchronize()
    // It is not read again soon, if ever.
    descriptor.dropCached(0..<UInt64(Int64.max))
  }
}

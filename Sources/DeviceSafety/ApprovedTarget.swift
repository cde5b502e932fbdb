public import BlockIO
import Synchronization
import SystemPackage

/// Why the target can no longer be trusted to be the one that was confirmed.
public enum RecheckError: Error, Hashable, Sendable {
  /// It is another one, or has changed.
  case changed(IdentityChange)
  /// Somebody has begun to use it.
  case inUse(Assessment)
  /// The kernel could not be asked.
  case system(SystemCallError)
}

/// A disk that may be written: exclusively open, locked, checked and confirmed.
///
/// Only ``PendingTarget/approve(confirming:)`` makes one, and `Writer` takes nothing else: writing without the
/// checks does not compile. It has a single owner; its end releases every lock at once and has the kernel
/// read the new partition table, whatever it is.
public struct ApprovedTarget: ~Copyable, Sendable {
  let held: HeldDevice
  private let requireUnused: @Sendable () throws(GateError) -> Void
  /// When the last look began that found nothing; the first was for the approval.
  private let looked: Mutex<ContinuousClock.Instant>
  /// What was confirmed.
  public let identity: TargetIdentity

  /// Internal to this module, so that the gate alone makes one.
  init(
    held: consuming HeldDevice, identity: TargetIdentity, looked: ContinuousClock.Instant,
    requireUnused: @escaping @Sendable () throws(GateError) -> Void
  ) {
    self.held = held
    self.identity = identity
    self.looked = Mutex(looked)
    self.requireUnused = requireUnused
  }

  /// Reads past every cache until the range is full or the device ends.
  public func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    let count = try held.descriptor.read(at: offset, into: &buffer, range: range)
    if count < range.count { try held.descriptor.requirePresent(after: "pread") }
    return count
  }

  /// Writes a range of a buffer past the page cache, onto no other medium than the one that was confirmed (R29).
  public func write(
    _ buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64
  ) throws(SystemCallError) {
    try held.descriptor.requireMedium(identity.geometry.diskSequence)
    do throws(SystemCallError) { try held.descriptor.write(buffer, range: range, at: offset) } catch {
      if error.errno == .noSpace { try held.descriptor.requirePresent(after: error.call) }
      throw error
    }
  }

  /// Finds out whether a request failed because the medium is gone, or the device; nothing may be written afterwards
  /// (``OwnedDescriptor/cause(of:)``).
  public func cause(of failure: SystemCallError) -> SystemCallError { held.descriptor.cause(of: failure) }

  /// Makes the medium keep what was written: fsync, then SYNCHRONIZE CACHE to the device itself (R39).
  public func flush() throws(SystemCallError) -> CacheFlush {
    try held.descriptor.synchronize()
    return identity.isVirtual ? .notSupported : try held.descriptor.synchronizeDeviceCache()
  }

  /// Compares the descriptor with what was confirmed (R29), and looks whether somebody uses the disk by now.
  ///
  /// Nobody can have mounted it, but a loop device may have been attached (R15), and a process may have opened
  /// it for writing (R17).
  public func recheck() throws(RecheckError) { try look(at: .now) }

  /// The same where the last look, or the approval, is older than `age`; what is open is compared in any case.
  public func recheck(
    ifOlderThan age: Duration, at now: ContinuousClock.Instant = .now
  ) throws(RecheckError) {
    guard looked.withLock({ now - $0 }) > age else { return try compareIdentity() }
    try look(at: now)
  }

  private func look(at began: ContinuousClock.Instant) throws(RecheckError) {
    try compareIdentity()
    do throws(GateError) { try requireUnused() } catch {
      switch error {
      case .refused(let assessment): throw .inUse(assessment)
      case .changed(let change): throw .changed(change)
      case .system(let error): throw .system(error)
      default: throw .changed(.device)
      }
    }
    looked.withLock { $0 = max($0, began) }
  }

  /// Compares the descriptor with what was confirmed (R29), and nothing else: cheap enough for every failed request.
  public func compareIdentity() throws(RecheckError) { try identity.compare(with: held.descriptor) }

  /// Has the kernel forget what it cached and read the new partition table; the locks stay until the end.
  public func publishPartitions() throws(SystemCallError) {
    guard !identity.isVirtual else { return }
    try held.publishPartitions()
  }
}

extension TargetIdentity {
  /// Compares what an open descriptor shows now with what was confirmed (R29).
  func compare(with device: borrowing OwnedDescriptor) throws(RecheckError) {
    let state: FileState
    let now: BlockGeometry
    do throws(SystemCallError) {
      state = try FileState(of: device, path: path)
      now =
        if case .blockDevice = state.kind { try BlockGeometry(of: device) } else { geometry(ofFile: state) }
    } catch { throw .system(error) }
    switch kind {
    case .disk(let number): guard state.kind == .blockDevice(number) else { throw .changed(.device) }
    case .virtualStick(let fileSystem, let inode):
      guard state.kind == .regular, state.fileSystem == fileSystem, state.inode == inode else {
        throw .changed(.device)
      }
    }
    guard now.diskSequence == geometry.diskSequence else {
      throw .changed(.medium(expected: geometry.diskSequence, found: now.diskSequence))
    }
    guard now.byteCount == geometry.byteCount else {
      throw .changed(.size(expected: geometry.byteCount, found: now.byteCount))
    }
    guard now.logicalBlockSize == geometry.logicalBlockSize,
      now.physicalBlockSize == geometry.physicalBlockSize
    else { throw .changed(.blockSize) }
    guard !now.isReadOnly else { throw .changed(.readOnly) }
  }

  /// A virtual stick keeps the block sizes that it was opened with.
  private func geometry(ofFile state: FileState) -> BlockGeometry {
    BlockGeometry(
      byteCount: state.byteCount, logicalBlockSize: geometry.logicalBlockSize,
      physicalBlockSize: geometry.physicalBlockSize, isReadOnly: false, diskSequence: nil)
  }
}

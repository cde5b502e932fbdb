public import BlockIO
import CLinuxBlock
import Glibc

/// Slots of memory in which a confined process lays what it makes, one after the other, and each again when this
/// process has copied what was in it (R47).
///
/// Nothing that is said of a slot lies in it: how much it holds comes through the pipe, once, and which one is next
/// both sides count by themselves. The process may change a slot at any time, so what is in one is only copied.
public struct SharedRing: ~Copyable, Sendable {
  /// How many slots there are: one being filled, one being copied, and two for the unevenness between them.
  public static let slotCount = 4

  /// How many bytes a slot has.
  public let slotByteCount: Int
  private let memory: SharedMemory
  /// Each byte through it is a slot that is free again.
  private let signals: OwnedDescriptor
  private var slot = 0
  private let otherEnd: OwnedDescriptor
  private let file: OwnedDescriptor

  /// The descriptors that the process is given, in the order of their numbers there.
  var givenNumbers: [CInt] { [otherEnd.rawValue, file.rawValue] }

  /// Makes a ring whose slots are all free.
  /// - Parameter slotByteCount: the size of a slot in bytes, a multiple of the size of a page.
  public init(slotByteCount: Int) throws(SystemCallError) {
    let byteCount = slotByteCount * Self.slotCount
    let file = try SharedMemory.file(byteCount: byteCount)
    let memory = try SharedMemory(mapping: file, byteCount: byteCount, isWritten: false)
    var (own, other): (CInt, CInt) = (-1, -1)
    try SystemCallError.check(unsafe clb_signal_pair(&own, &other), "socketpair")
    signals = OwnedDescriptor(adopting: own)
    otherEnd = OwnedDescriptor(adopting: other)
    self.memory = memory
    self.file = file
    self.slotByteCount = slotByteCount
  }

  /// Copies what lies in the slot whose turn it is.
  /// - Parameters:
  ///   - range: the part of the slot.
  ///   - buffer: where it goes.
  ///   - offset: the place in there.
  public func copy(_ range: Range<Int>, into buffer: inout AlignedBuffer, at offset: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= slotByteCount, "range outside the slot")
    let start = slot * slotByteCount
    memory.copy(start + range.lowerBound..<start + range.upperBound, into: &buffer, at: offset)
  }

  /// Gives the slot back and goes on to the next one.
  /// - Returns: false where the process cannot be told, such as one that fills slots without waiting for them.
  public mutating func release() -> Bool {
    slot = (slot + 1) % Self.slotCount
    return clb_signal(signals.rawValue) == 0
  }
}

/// The slots of a ``SharedRing`` in the confined process, which fills them.
public struct RingRoom: ~Copyable {
  private let slotByteCount: Int
  private var memory: SharedMemory
  private var freeCount = SharedRing.slotCount
  private var slot = 0

  /// Takes the slots over; to be called once, before the process is confined.
  /// - Parameter slotByteCount: the size of a slot in bytes.
  public init(slotByteCount: Int) throws(SystemCallError) {
    let file = OwnedDescriptor(adopting: CInt(clb_memory))
    let memory = try SharedMemory(
      mapping: file, byteCount: slotByteCount * SharedRing.slotCount, isWritten: true)
    self.memory = memory
    self.slotByteCount = slotByteCount
  }

  /// Whether all slots were filled, as far as this process has heard.
  public var isFull: Bool { freeCount == 0 }

  /// Waits until the slot whose turn it is can be filled.
  /// - Returns: whether it can; not where nobody is there any more to copy from it.
  public mutating func wait() -> Bool {
    while freeCount == 0 {
      var signals = [UInt8](repeating: 0, count: SharedRing.slotCount)
      let count = unsafe read(CInt(clb_room), &signals, SharedRing.slotCount)
      if count < 0, Glibc.errno == EINTR { continue }
      guard count > 0 else { return false }
      freeCount += count
    }
    return true
  }

  /// Lends the slot whose turn it is to be filled.
  public mutating func fill<Result, Failure: Error>(
    _ body: (inout MutableRawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try memory.fill(slot * slotByteCount..<(slot + 1) * slotByteCount, body)
  }

  /// Goes on to the next slot, once it was said how much is in this one.
  public mutating func advance() {
    slot = (slot + 1) % SharedRing.slotCount
    freeCount -= 1
  }
}

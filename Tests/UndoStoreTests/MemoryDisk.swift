import BlockIO
import DeviceSafety
import Synchronization
import SystemPackage

@testable import UndoStore

/// A disk in memory that keeps a log and fails on demand.
final class MemoryDisk: UndoMedium, Sendable {
  /// What the disk was asked for, in order.
  enum Request: Hashable, Sendable {
    case read(Range<Int>)
    case write(Range<Int>)
    case flush
  }

  private struct State {
    var content: [UInt8]
    var log: [Request] = []
  }

  private let state: Mutex<State>
  /// What goes wrong with a request; the number counts all of them from 0.
  private let fault: @Sendable (Request, _ number: Int) -> Errno?
  /// Changes what is stored after a write.
  private let corrupt: @Sendable (inout [UInt8], Range<Int>) -> Void
  /// What a comparison with what was confirmed finds.
  private let change: RecheckError?

  init(
    _ content: [UInt8], change: RecheckError? = nil,
    fault: @escaping @Sendable (Request, _ number: Int) -> Errno? = { _, _ in nil },
    corrupt: @escaping @Sendable (inout [UInt8], Range<Int>) -> Void = { _, _ in }
  ) {
    state = Mutex(State(content: content))
    self.change = change
    self.corrupt = corrupt
    self.fault = fault
  }

  var content: [UInt8] { state.withLock(\.content) }
  var log: [Request] { state.withLock(\.log) }
  var writes: [Range<Int>] {
    log.compactMap { if case .write(let range) = $0 { range } else { nil } }
  }

  private func note(_ request: Request, _ state: inout State) -> Errno? {
    defer { state.log.append(request) }
    return fault(request, state.log.count)
  }

  func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    let place = Int(offset)..<(Int(offset) + range.count)
    let (bytes, error) = state.withLock { state -> ([UInt8], Errno?) in
      if let error = note(.read(place), &state) { return ([], error) }
      return (Array(state.content[place.clamped(to: 0..<state.content.count)]), nil)
    }
    if let error { throw SystemCallError(call: "pread", errno: error) }
    buffer.copy(from: bytes.span, at: range.lowerBound)
    return bytes.count
  }

  func write(
    _ buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64
  ) throws(SystemCallError) {
    let place = Int(offset)..<(Int(offset) + range.count)
    let bytes = unsafe buffer.bytes.withUnsafeBytes { unsafe Array($0[range]) }
    let error = state.withLock { state -> Errno? in
      if let error = note(.write(place), &state) { return error }
      guard place.upperBound <= state.content.count else { return .noSpace }
      state.content.replaceSubrange(place, with: bytes)
      corrupt(&state.content, place)
      return nil
    }
    if let error { throw SystemCallError(call: "pwrite", errno: error) }
  }

  func flush() throws(SystemCallError) -> CacheFlush {
    if let error = state.withLock({ note(.flush, &$0) }) {
      throw SystemCallError(call: "fsync", errno: error)
    }
    return .confirmed
  }

  func recheck() throws(RecheckError) {
    if let change { throw change }
  }

  /// What a write does that overwrites the beginning and erases ranges.
  func overwrite(_ ranges: [Range<Int>]) {
    state.withLock { state in
      for range in ranges {
        state.content.replaceSubrange(range, with: [UInt8](repeating: 0x5A, count: range.count))
      }
      state.log = []
    }
  }
}

/// A record's file in memory: what lasts is only what was synchronized, and it has a name only once published.
final class MemorySink: RecordSink, RecordSource {
  private struct State {
    var written: [UInt8] = []
    var lasting: [UInt8] = []
    var isPublished = false
    var operations = 0
  }

  private let state = Mutex(State())
  private let failing: Int?
  private let errno: Errno
  let id: String

  /// - Parameter failing: the number of the operation that fails, from 0; those after it fail too.
  init(id: String = "undo-test0000", failing: Int? = nil, errno: Errno = .noSpace) {
    self.id = id
    self.failing = failing
    self.errno = errno
  }

  /// What a power cut would leave; nil while the file has no name.
  var lasting: [UInt8]? { state.withLock { $0.isPublished ? $0.lasting : nil } }
  /// How many operations there were.
  var operations: Int { state.withLock(\.operations) }

  private func step(_ call: String, _ body: (inout State) -> Void) throws(SystemCallError) {
    let fails = state.withLock { state -> Bool in
      defer { state.operations += 1 }
      if let failing, state.operations >= failing { return true }
      body(&state)
      return false
    }
    if fails { throw SystemCallError(call: call, errno: errno) }
  }

  func write(
    _ buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64
  ) throws(SystemCallError) {
    let bytes = unsafe buffer.bytes.withUnsafeBytes { unsafe Array($0[range]) }
    try step("pwrite") { state in
      let end = Int(offset) + bytes.count
      if state.written.count < end {
        state.written += [UInt8](repeating: 0, count: end - state.written.count)
      }
      state.written.replaceSubrange(Int(offset)..<end, with: bytes)
    }
  }

  func synchronize() throws(SystemCallError) { try step("fsync") { $0.lasting = $0.written } }

  func publish() throws(SystemCallError) { try step("renameat") { $0.isPublished = true } }

  func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    let bytes = state.withLock { state in
      Array(state.lasting[(Int(offset)..<(Int(offset) + range.count)).clamped(to: 0..<state.lasting.count)])
    }
    buffer.copy(from: bytes.span, at: range.lowerBound)
    return bytes.count
  }

  /// The record that a power cut now would leave.
  func stored() throws -> StoredRecord? {
    guard let lasting else { return nil }
    return try StoredRecord(parsing: lasting, id: id)
  }
}

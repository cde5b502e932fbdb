import BlockIO

/// Reads the tables of a container in pieces that are kept, as far as a few megabytes go.
struct MetadataReader: Sendable {
  /// The file.
  let file: any RandomAccessBytes
  private var pieces: [UInt64: [UInt8]] = [:]
  /// The pieces in the order in which they were read.
  private var order: [UInt64] = []
  private var next = 0
  /// The piece that was asked last: most questions are for the entry beside the last one.
  private var last: (number: UInt64, bytes: [UInt8]) = (.max, [])

  private static let pieceByteCount: UInt64 = 32 << 10
  /// 8 MiB at most.
  private static let pieceLimit = 256

  init(_ file: any RandomAccessBytes) { self.file = file }

  /// The length of the file in bytes.
  var byteCount: UInt64 { file.byteCount }

  /// Checks that a range lies in the file.
  func requireWithin(
    _ offset: UInt64, count: UInt64, of part: ContainerPart
  ) throws(ContainerError) {
    guard offset <= byteCount, count <= byteCount - offset else { throw .cutOff(part, offset: offset) }
  }

  /// Reads a whole structure, past the pieces that are kept.
  func structure(
    at offset: UInt64, count: Int, of part: ContainerPart
  ) throws(ContainerError) -> Fields {
    Fields(try Self.bytes(of: file, at: offset, count: count, part))
  }

  /// Reads bytes of a file.
  static func bytes(
    of file: any RandomAccessBytes, at offset: UInt64, count: Int, _ part: ContainerPart
  ) throws(ContainerError) -> [UInt8] {
    do throws(ByteReadError) { return try file.bytes(at: offset, count: count) } catch {
      switch error {
      case .system(let call, let place): throw .unreadable(call, offset: place)
      case .budgetExhausted: throw .budgetExhausted
      case .outOfBounds: throw .cutOff(part, offset: offset)
      case .notLookedAt: throw .needs(.wholeFile)
      }
    }
  }

  /// A number of a table, its lowest byte first.
  mutating func little<Number: FixedWidthInteger & UnsignedInteger>(
    _: Number.Type = Number.self, at offset: UInt64
  ) throws(ContainerError) -> Number {
    try entry(at: offset, count: Number.bitWidth / 8).little(at: 0)
  }

  /// A number of a table, its highest byte first.
  mutating func big<Number: FixedWidthInteger & UnsignedInteger>(
    _: Number.Type = Number.self, at offset: UInt64
  ) throws(ContainerError) -> Number {
    try entry(at: offset, count: Number.bitWidth / 8).big(at: 0)
  }

  /// A few bytes of a table.
  mutating func entry(at offset: UInt64, count: Int) throws(ContainerError) -> Fields {
    let (number, within) = offset.quotientAndRemainder(dividingBy: Self.pieceByteCount)
    if last.number != number { last = (number, try piece(number)) }
    let start = Int(within)
    guard start + count <= last.bytes.count else {
      // It lies across two pieces, or across the end of the file.
      return try structure(at: offset, count: count, of: .table)
    }
    return Fields(Array(last.bytes[start..<start + count]))
  }

  private mutating func piece(_ number: UInt64) throws(ContainerError) -> [UInt8] {
    if let known = pieces[number] { return known }
    let start = number * Self.pieceByteCount
    guard start < byteCount else { throw .cutOff(.table, offset: start) }
    let count = Int(min(Self.pieceByteCount, byteCount - start))
    let bytes = try Self.bytes(of: file, at: start, count: count, .table)
    if order.count < Self.pieceLimit {
      order.append(number)
    } else {
      pieces[order[next]] = nil
      order[next] = number
      next = (next + 1) % Self.pieceLimit
    }
    pieces[number] = bytes
    return bytes
  }
}

import BlockIO
import DiskContainers
import TestSupport

/// The whole disk, read in pieces of a length that fits no cluster.
func content(of disk: GuestDisk, piece: Int = 40_000) throws -> (bytes: [UInt8], isChecked: Bool) {
  var stream = try disk.stream()
  var buffer = AlignedBuffer(byteCount: 65_536)
  var bytes: [UInt8] = []
  while true {
    let count = try stream.fill(&buffer, piece)
    bytes += buffer.copied(0..<count)
    if count < piece { break }
  }
  return (bytes, stream.isChecked)
}

extension GuestStream {
  /// Fills the beginning of a buffer.
  fileprivate mutating func fill(_ buffer: inout AlignedBuffer, _ count: Int) throws(ContainerError) -> Int {
    var bytes = buffer.mutableBytes
    var room = bytes._mutatingExtracting(..<count)
    return try read(into: &room)
  }
}

/// The disk in a file of any format, or the error that reading it ends with.
func opened(_ file: [UInt8]) throws -> GuestDisk {
  guard case .readable(let format) = try RecognisedContainer(in: file) else { throw NotRecognised() }
  return try GuestDisk(format, in: file)
}

/// The file was taken for something else.
struct NotRecognised: Error {}

/// A disk with all that disks have: runs of zeros, of noise and of what can be packed.
func patchwork(_ byteCount: Int, seed: UInt64) -> [UInt8] {
  var generator = SeededGenerator(seed: seed)
  var bytes: [UInt8] = []
  while bytes.count < byteCount {
    let length = 512 * Int.random(in: 1...700, using: &generator)
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: bytes += [UInt8](repeating: 0, count: length)
    case 1: bytes += [UInt8].random(length, seed: generator.next())
    default: bytes += [UInt8](repeating: UInt8(generator.next() & 0xFF), count: length)
    }
  }
  return Array(bytes.prefix(byteCount))
}

extension [UInt8] {
  /// The number at an offset, its highest byte first.
  func big(at offset: Int, count: Int) -> UInt64 {
    self[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The same bytes with a number at an offset, its highest byte first.
  func settingBig(_ value: UInt64, at offset: Int, count: Int = 8) -> [UInt8] {
    var copy = self
    for index in 0..<count {
      copy[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(count - 1 - index)))
    }
    return copy
  }

  /// The number at an offset, its lowest byte first.
  func little(at offset: Int, count: Int) -> UInt64 {
    self[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The same bytes with a number at an offset, its lowest byte first.
  func settingLittle(_ value: UInt64, at offset: Int, count: Int = 8) -> [UInt8] {
    var copy = self
    for index in 0..<count { copy[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
    return copy
  }
}

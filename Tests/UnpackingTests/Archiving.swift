import BlockIO
import Decompression
import Foundation
import TestSupport

@testable import Unpacking

/// A file in memory.
struct MemoryInput: PackedInput {
  let content: [UInt8]
  /// Whether it comes in order alone, as a pipe does.
  var isInOrder = false

  var byteCount: UInt64 { isInOrder ? .max : content.byteCount }

  func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try content.bytes(at: offset, count: count)
  }

  func read(at offset: UInt64, into output: inout MutableRawSpan) throws(ByteReadError) -> Int {
    var rest = try content.prefix(at: offset, upTo: output.byteCount)[...]
    return rest.move(into: &output)
  }
}

/// What came out of a file.
struct Unpacked: Equatable {
  var content: [UInt8] = []
  var isChecked = false
  var member: String?
  var statedByteCount: UInt64?
  var formats: [String] = []
}

extension DecodingLimits {
  /// Of one thread, which the many small files of a test start faster.
  static let single = DecodingLimits(processors: 1)
}

/// Unpacks a whole file.
func unpack(
  _ packed: [UInt8], member: String? = nil, inOrder: Bool = false, by size: Int = 50_000,
  ahead: Bool = false
) throws(UnpackingError) -> Unpacked {
  guard let format = PackedFormat(prefix: Array(packed.prefix(PackedFormat.prefixByteCount))) else {
    throw .decoding(.corrupt(offset: 0), layer: 0)
  }
  let unpacker = try Unpacker(
    MemoryInput(content: packed, isInOrder: inOrder), as: format, member: member,
    limits: ahead ? DecodingLimits(processors: 4) : .single,
    watch: UnpackingWatch { _ in })
  var result = Unpacked(
    member: unpacker.member, statedByteCount: unpacker.statedByteCount, formats: unpacker.formats.map(\.name))
  var piece = [UInt8](repeating: 0xEE, count: size)
  while true {
    var elements = piece.mutableSpan
    // Safe: every byte pattern is a valid UInt8.
    var span = unsafe elements.mutableBytes
    if ahead { try unpacker.workAhead() }
    let count = try unpacker.read(into: &span)
    result.content += piece.prefix(count)
    guard count == size else { break }
  }
  result.isChecked = unpacker.isChecked
  return result
}

/// The error that a file is refused with; nil if it is not.
func unpackingError(_ packed: [UInt8], member: String? = nil, inOrder: Bool = false) -> UnpackingError? {
  do throws(UnpackingError) {
    _ = try unpack(packed, member: member, inOrder: inOrder)
    return nil
  } catch { return error }
}

/// What a script makes of the file `image`, and of others that it makes itself.
func archive(_ content: [UInt8], _ script: String) throws -> [UInt8] {
  let scratch = try ScratchDirectory()
  try scratch.write(content, to: "image")
  // No pattern of a script matches this name.
  try scratch.run("set -e; { \(script); } >.packed")
  return try scratch.contents(".packed")
}

/// Text, noise and zeros of no round length.
let sample: [UInt8] =
  Array("Every medium is an image.\n".utf8) + .random(70_000, seed: 3) + [UInt8](repeating: 0, count: 50_001)
  + .random(3000, seed: 4)

extension [UInt8] {
  /// The same with some bytes replaced.
  func replacing(at offset: Int, with bytes: [UInt8]) -> [UInt8] {
    var copy = self
    copy.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    return copy
  }

  /// Where some bytes stand last.
  func lastIndex(of bytes: [UInt8]) -> Int? {
    indices.reversed().first { self[$0...].starts(with: bytes) }
  }
}

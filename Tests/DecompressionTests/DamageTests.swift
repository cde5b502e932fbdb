import Decompression
import TestSupport
import Testing

@Suite("R49: damaged compressed images are never taken for whole ones")
struct DamageTests {
  @Test("cut off after any byte", arguments: Packing.all.filter(\.isOneMember))
  func truncated(packing: Packing) throws {
    let packed = try packing.pack(mixedContent(700))
    for count in packed.indices {
      let error = decodingError(Array(packed.prefix(count)), packing.format)
      #expect(error == .truncated(offset: UInt64(count)), "after \(count) of \(packed.count) bytes")
    }
  }

  @Test("several members, cut off after any byte: whole ones or an error", arguments: Packing.all)
  func truncatedMembers(packing: Packing) throws {
    let content = mixedContent(700)
    let packed = try packing.pack(content)
    var lengths: Set<Int> = []
    for count in packed.indices {
      guard let result = try? decode(Array(packed.prefix(count)), packing.format) else { continue }
      lengths.insert(result.content.count)
    }
    // The first member holds 100 bytes; padding and frames without data may be missing.
    #expect(lengths.isSubset(of: [100, 700]))
    #expect(lengths.isEmpty || !packing.isOneMember)
  }

  @Test("any bit flipped: the right bytes, or an error", arguments: Packing.plain.filter(\.isChecked))
  func flipped(packing: Packing) throws {
    let content = mixedContent(600)
    let packed = try packing.pack(content)
    for index in packed.indices {
      for bit in 0..<8 {
        var damaged = packed
        damaged[index] ^= 1 << UInt8(bit)
        guard let result = try? decode(damaged, packing.format) else { continue }
        #expect(result.content == content, "bit \(bit) of byte \(index)")
      }
    }
  }

  @Test("bytes that do not belong to it follow", arguments: Packing.all)
  func trailing(packing: Packing) throws {
    let packed = try packing.pack(mixedContent(700))
    let end = UInt64(packed.count)
    for rest in [[1], Array("and more".utf8), [0x1F, 0x8C], [0xFD, 0x37, 0x7A, 0x58, 0x5A, 1]] as [[UInt8]] {
      let error = decodingError(packed + rest, packing.format)
      #expect(error == .trailingGarbage(offset: end), "\(rest)")
    }
  }

  @Test("zeros follow: padding where the format has it, else garbage", arguments: Packing.plain)
  func zeros(packing: Packing) throws {
    let content = mixedContent(700)
    let packed = try packing.pack(content)
    let end = UInt64(packed.count)
    for count in 1...9 {
      let padded = packed + [UInt8](repeating: 0, count: count)
      let error = decodingError(padded, packing.format)
      switch packing.format {
      case .gzip: #expect(error == nil)
      case .xz:
        #expect(error == (count % 4 == 0 ? nil : .trailingGarbage(offset: end + UInt64(count / 4 * 4))))
      default: #expect(error == .trailingGarbage(offset: end))
      }
      let more = decodingError(padded + [1], packing.format)
      let isPadding = [.gzip, .xz].contains(packing.format)
      #expect(more == .trailingGarbage(offset: isPadding ? end + UInt64(count) : end))
      if packing.format == .gzip {
        // As gzip has it: zeros are the end.
        #expect(decodingError(padded + packed, .gzip) == .trailingGarbage(offset: end + UInt64(count)))
      }
    }
  }

  @Test(
    "a checksum that is wrong is told apart from damage", arguments: [CompressionFormat.gzip, .zstd, .lz4])
  func checksum(format: CompressionFormat) throws {
    let packing = try #require(Packing.plain.first { $0.format == format })
    var packed = try packing.pack(mixedContent(700))
    // gzip's is followed by the length, the others are the last thing.
    let place = format == .gzip ? packed.count - 8 : packed.count - 1
    packed[place] ^= 0x40
    guard case .checksumWrong = decodingError(packed, format) else {
      Issue.record("not told apart")
      return
    }
  }

  @Test("no bytes at all, or none inside", arguments: CompressionFormat.allCases)
  func empty(format: CompressionFormat) throws {
    #expect(decodingError([], format) == .truncated(offset: 0))
    let packing = try #require(Packing.plain.first { $0.format == format })
    let packed = try packing.pack([])
    #expect(decodingError(packed, format) == .empty)
    // LZMA has no second member.
    let second: DecodingError = format == .lzma ? .trailingGarbage(offset: UInt64(packed.count)) : .empty
    #expect(decodingError(packed + packed, format) == second)
  }

  @Test("something else than was recognised", arguments: CompressionFormat.allCases)
  func foreign(format: CompressionFormat) {
    let error = decodingError([UInt8](repeating: 0x1A, count: 1000), format)
    #expect(error == .corrupt(offset: format == .lzma ? 13 : 0))
  }
}

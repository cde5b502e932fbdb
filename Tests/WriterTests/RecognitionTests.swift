import BlockIO
import TestSupport
import Testing

@testable import Writer

@Suite("R31: the pieces by which a medium is known again")
struct RecognitionTests {
  /// Digests of pieces of 4 MiB, by what they are of.
  private func chunks(_ pieces: [ChunkDigest]) throws -> MediumChunks {
    let size = UInt64(WritePlan.pieceByteCount)
    return try #require(MediumChunks(extents: [0..<(size * UInt64(pieces.count))], digests: pieces))
  }

  private func digest(_ seed: Int) -> ChunkDigest { ChunkDigest(of: Array("\(seed)".utf8).span) }

  private func digest(filling byte: UInt8) -> ChunkDigest {
    ChunkDigest(of: [UInt8](repeating: byte, count: WritePlan.pieceByteCount).span)
  }

  @Test("zeros, erased flash and what is there twice tell nothing")
  func blank() throws {
    let blanks = [digest(filling: 0), digest(filling: 0xFF), digest(7), digest(7)]
    #expect(try chunks(blanks).tellingPieces(atMost: 16) == [])
    #expect(try chunks(blanks + [digest(8)]).tellingPieces(atMost: 16) == [4])
  }

  @Test(
    "of many, so many as are wanted are taken, from the first to the last", arguments: [2, 16, 17, 64, 1000])
  func spread(count: Int) throws {
    let found = try chunks((0..<count).map(digest)).tellingPieces(atMost: 16)
    #expect(found.count == min(count, 16) && found.first == 0)
    #expect(found == Array(Set(found)).sorted())
    #expect(try #require(found.last) >= (count - 1) * 7 / 8)
  }
}

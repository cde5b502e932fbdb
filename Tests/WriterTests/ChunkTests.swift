import BlockIO
import ImageSource
import TestSupport
import Testing

@testable import Writer

@Suite("R42: digests of what was written stand for the image")
struct ChunkTests {
  /// Writes an image onto a stick that is a file, and gives what was proven of it.
  private func written(_ content: [UInt8], _ stick: [UInt8]) async throws -> (ScratchDirectory, WriteReport) {
    let trial = Trial(content: content, capacity: stick.count)
    let (result, medium, _) = try await trial.run()
    let scratch = try ScratchDirectory()
    try scratch.write(medium.content, to: "stick")
    return (scratch, try result.get())
  }

  private func verify(
    _ scratch: ScratchDirectory, _ report: WriteReport, chunks: MediumChunks? = nil
  ) throws -> ChunkReport {
    let reader = try MediumReader(opening: "\(scratch.path)/stick", expecting: nil, diskSequence: nil)
    return try ChunkVerifier.verify(
      chunks ?? report.chunks, image: report.sha256.map { (report.imageByteCount, $0) }, against: reader,
      progress: ProgressMeter())
  }

  @Test(
    "a stick that holds what was written is the same, whatever lies behind it", arguments: [5_000, 6_500_777])
  func same(size: Int) async throws {
    let (scratch, report) = try await written(
      .random(size, seed: 9), [UInt8](repeating: 0x77, count: 12 * mebibyte))
    #expect(report.chunks.digests.count == (size > mebibyte ? 3 : 1))
    let found = try verify(scratch, report)
    #expect(found.isSame && found.hasSHA256 == true)
    #expect(found.differences.comparedByteCount == report.writtenByteCount)
  }

  @Test("one flipped bit is found in its piece, and the SHA-256 is another one")
  func flipped() async throws {
    let (scratch, report) = try await written(
      .random(6 * mebibyte, seed: 10), [UInt8](repeating: 0, count: 8 * mebibyte))
    for place in [0, mebibyte - 1, 5 * mebibyte] {
      var bytes = try scratch.contents("stick")
      bytes[place] ^= 4
      try scratch.write(bytes, to: "stick")
      let found = try verify(scratch, report)
      #expect(!found.isSame && found.hasSHA256 == false)
      #expect(found.differences.isCoarse)
      #expect(found.differences.ranges.contains { $0.contains(UInt64(place)) })
      bytes[place] ^= 4
      try scratch.write(bytes, to: "stick")
    }
    let same = try verify(scratch, report).isSame
    #expect(same)
  }

  @Test("what was changed on purpose since is told of, and nothing else is")
  func changed() async throws {
    let (scratch, report) = try await written(
      .random(5 * mebibyte, seed: 12), [UInt8](repeating: 0, count: 12 * mebibyte))
    let before = Array(try scratch.contents("stick")[..<mebibyte])
    var after = before
    after[600] ^= 0xFF
    let tail = (offset: UInt64(8 * mebibyte - 512), bytes: [UInt8].random(1024, seed: 13))
    let chunks = try #require(report.chunks.changed(from: before, to: after, tail: tail))
    #expect(chunks.extents.last == tail.offset..<(tail.offset + 1024))
    #expect(chunks.digests.count == report.chunks.digests.count + 2, "cut at 8 MiB")
    let asItWas = try verify(scratch, report, chunks: chunks)
    #expect(asItWas.differences.ranges.map(\.lowerBound) == [0, tail.offset])
    var stick = try scratch.contents("stick")
    stick[600] = after[600]
    stick.replaceSubrange(Int(tail.offset)..<(Int(tail.offset) + 1024), with: tail.bytes)
    try scratch.write(stick, to: "stick")
    let now = try verify(scratch, report, chunks: chunks)
    #expect(now.differences.isEmpty)
    #expect(report.chunks.changed(from: after, to: before, tail: tail) == nil, "not what was proven")
    #expect(
      report.chunks.changed(from: before, to: after, tail: (4096, tail.bytes)) == nil, "within the image")
  }

  @Test("digests of 256 GiB can be kept, and of no more")
  func limit() throws {
    let geometry = BlockGeometry(
      byteCount: 512 << 30, logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false, diskSequence: 1)
    func hasFew(_ length: ImageLength) throws -> Bool {
      try WritePlan(imageLength: length, geometry: geometry, digest: .none).hasFewChunks
    }
    #expect(try hasFew(.exact(255 << 30)) && hasFew(.unknown))
    #expect(try !hasFew(.exact(257 << 30)))
  }

  @Test("a medium that is too small, or ends within a piece, is not the one")
  func tooSmall() async throws {
    let (scratch, report) = try await written(
      .random(3 * mebibyte, seed: 11), [UInt8](repeating: 0, count: 8 * mebibyte))
    try scratch.write(Array(try scratch.contents("stick").prefix(2 * mebibyte)), to: "stick")
    #expect(throws: VerifyError.tooSmall(image: .exact(3 << 20), capacity: 2 << 20)) {
      try verify(scratch, report)
    }
  }

  @Test("extents that are no whole blocks are read in whole blocks")
  func ragged() async throws {
    let (scratch, report) = try await written(
      .random(2 * mebibyte, seed: 12), [UInt8](repeating: 0, count: 8 * mebibyte))
    let bytes = try scratch.contents("stick")
    let extents: [Range<UInt64>] = [5..<700, 1_048_500..<1_048_700]
    let digests = extents.map { ChunkDigest(of: Array(bytes[Int($0.lowerBound)..<Int($0.upperBound)]).span) }
    let chunks = try #require(MediumChunks(extents: extents, digests: digests))
    let found = try verify(scratch, report, chunks: chunks)
    #expect(found.isSame && found.hasSHA256 == nil, "a hash of the whole says nothing of a part")
  }

  @Test("extents and digests that do not fit together are none")
  func forged() {
    let digest = ChunkDigest(of: [UInt8]().span)
    let whole: [Range<UInt64>] = [0..<1_048_576, 1_048_576..<8_388_608]
    #expect(MediumChunks(extents: whole, digests: [digest, digest, digest]) != nil)
    #expect(MediumChunks(extents: whole, digests: [digest, digest]) == nil)
    #expect(MediumChunks(extents: whole.reversed(), digests: [digest, digest, digest]) == nil)
    #expect(MediumChunks(extents: [0..<512, 511..<1024], digests: [digest, digest]) == nil)
    #expect(MediumChunks(extents: [5..<5], digests: [digest]) == nil)
    #expect(MediumChunks(extents: [0..<UInt64.max], digests: [digest]) == nil)
    #expect(MediumChunks(extents: [], digests: []) == nil)
  }

  @Test("a digest is the same after it was written down", arguments: 0..<4)
  func bytes(seed: UInt64) {
    let digest = ChunkDigest(of: [UInt8].random(1000, seed: seed).span)
    #expect(ChunkDigest(digest.bytes) == digest)
    #expect(ChunkDigest(digest.bytes.dropLast()) == nil)
  }

  @Test("XXH3-128 of nothing is what the specification says")
  func known() {
    #expect(ChunkDigest(of: [UInt8]().span).bytes.hexadecimal == "99aa06d3014798d86001c324468d497f")
  }
}

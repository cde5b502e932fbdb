import BlockIO
import SystemPackage
import TestSupport
import Testing

@testable import DeviceProbe

@Suite("R25: a look at a disk is bounded")
struct BoundedBytesTests {
  private func bytes(_ limits: EvidenceLimits) throws -> BoundedBytes {
    let scratch = try ScratchDirectory()
    try scratch.run("truncate -s 1M disk")
    return BoundedBytes(try FileBytes(opening: FilePath("\(scratch.path)/disk")), limits)
  }

  @Test("by bytes and by time, whatever a disk asks for")
  func limits() throws {
    let few = try bytes(EvidenceLimits(byteCount: 8192, duration: .seconds(1000)))
    _ = try few.bytes(at: 0, count: 4096)
    _ = try few.bytes(at: 4096, count: 4096)
    #expect(throws: ByteReadError.budgetExhausted) { try few.bytes(at: 0, count: 1) }
    let short = try bytes(EvidenceLimits(byteCount: 1 << 30, duration: .zero))
    #expect(throws: ByteReadError.budgetExhausted) { try short.bytes(at: 0, count: 1) }
  }

  @Test("what could not be looked at for want of time is unknown, neither blank nor unreadable")
  func outOfTime() throws {
    let short = try bytes(EvidenceLimits(byteCount: 65_536, duration: .seconds(1000)))
    #expect(ByteSample.evidence(of: short) == ContentEvidence(.unknown))
    let beyond = try bytes(EvidenceLimits(byteCount: 1 << 30, duration: .seconds(1000)))
    #expect(ByteSample.evidence(of: beyond) == ContentEvidence(.blank))
  }
}

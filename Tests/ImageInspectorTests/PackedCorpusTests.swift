import BlockIO
import ImageInspector
import SystemPackage
import TestSupport
import Testing

@Suite("R47: real images boot packed where they boot as they are", .enabled(if: !ImageCorpus.isLeftOut))
struct PackedCorpusTests {
  private static let images = [
    "memtest86+.iso", "grub-rescue-cdrom.iso", "ipxe.iso", "debian-layout.iso", "disk-gpt-esp-signed.img",
  ]
  private static let scripts = ["gzip -1c", "xz -0c", "zstd -qc", "bzip2 -1c", "lz4 -qc"]

  @Test("every answer is the same", arguments: images)
  func same(_ name: String) throws {
    let raw = try ImageCorpus.report(name)
    let scratch = try ScratchDirectory()
    for script in Self.scripts {
      try scratch.run("\(script) '\(ImageCorpus.directory ?? "")/\(name)' >packed")
      let report = try ImageInspector.inspect(FileBytes(opening: FilePath("\(scratch.path)/packed")))
      #expect(report.boots == raw.boots, "\(script)")
      #expect(report.unpacked?.kind == raw.kind)
      #expect(report.unpacked?.seenByteCount == min(raw.byteCount, 32 << 20))
      #expect(report.findings.filter { $0.id != "partly-seen" } == raw.findings)
      #expect(report.verdict == .decompress)
    }
  }
}

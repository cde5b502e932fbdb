import DiskFormats
import TestSupport

/// Bytes as a gzip file of stored blocks, which needs no tool.
func gzip(_ content: [UInt8]) -> [UInt8] {
  var file: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
  var start = 0
  repeat {
    let end = min(content.count, start + 65_535)
    let count = UInt16(end - start)
    file.append(end == content.count ? 1 : 0)
    file += littleEndian(UInt64(count), 2) + littleEndian(UInt64(~count), 2) + content[start..<end]
    start = end
  } while start < content.count
  return file + littleEndian(UInt64(CRC32.checksum(of: content)), 4) + littleEndian(UInt64(content.count), 4)
}

private func littleEndian(_ number: UInt64, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
}

/// What real tools make of an image: the name of the format and the commands that pack the file `image`.
let packings: [(format: String, script: String)] = [
  ("gzip", "gzip -1c image"), ("xz", "xz -0c image"), ("xz", "xz -T2 -0 --block-size=20000 -c image"),
  ("zstd", "zstd -qc image"), ("zstd", "zstd -qc --long=27 <image"), ("bzip2", "bzip2 -1c image"),
  ("lz4", "lz4 -qc image"), ("lzma", "xz -0 --format=lzma -c image"),
]

/// Packs bytes with a tool.
func packed(_ content: [UInt8], _ script: String) throws -> [UInt8] {
  let scratch = try ScratchDirectory()
  try scratch.write(content, to: "image")
  try scratch.run("set -e; \(script) >packed")
  return try scratch.contents("packed")
}

import BlockIO
import DiskFormats
import FuzzTargets
import Testing

/// Disks with a GPT for blocks of 512 bytes, changed so that all of its checksums are right.
enum GPTDisk {
  /// Changes the first entry of both copies, and how long the entries are: 128 × 2ⁿ bytes.
  static func change(
    _ disk: inout [UInt8], entrySize: UInt32 = 128, _ change: (inout [UInt8]) -> Void
  ) throws {
    for place in [512, disk.count - 512] {
      var header = try GPTHeader(parsing: ByteReader(Array(disk[place..<(place + 512)])))
      let start = Int(header.entriesLBA) * 512
      let arrayByteCount = Int(header.entryArrayByteCount)
      var entry = Array(disk[start..<(start + 128)])
      change(&entry)
      disk.overwrite(at: start, with: entry)
      header.entryCount = UInt32(arrayByteCount) / entrySize
      header.entrySize = entrySize
      header.entriesChecksum = CRC32.checksum(of: Array(disk[start..<(start + arrayByteCount)]))
      disk.overwrite(at: place, with: header.serialised(blockSize: 512))
    }
  }
}

import Documents
import ImageInspector
import Terminal
import Writer

/// A part of an image that has a name: a table or a partition.
struct ImageArea: Hashable {
  /// What it is.
  let name: SanitizedText
  /// Its bytes.
  let range: Range<UInt64>

  /// A clause for a person.
  var text: SanitizedText { "that is in \(name), bytes \(range.lowerBound) to \(range.upperBound - 1)" }

  /// The copy of a table that was moved behind the image, where it is not what it should be.
  static func moved(_ report: VerifyReport) -> [ImageArea] {
    guard let range = report.change?.behind, report.differences.ranges.contains(where: range.overlaps) else {
      return []
    }
    let backup: SanitizedText = "the backup of the partition table, which was moved there"
    return [ImageArea(name: backup, range: range)]
  }

  /// The entry in JSON.
  var json: JSONValue {
    [
      "name": JSONValue(name), "start": JSONValue(range.lowerBound), "end": JSONValue(range.upperBound),
    ]
  }
}

extension ImageReport {
  /// The parts that hold differences, in order; of several the smallest, none twice.
  func areas(of differences: Differences) -> [ImageArea] {
    var found: [ImageArea] = []
    let all = areas(before: rawByteCount ?? .max).sorted { $0.range.count < $1.range.count }
    let starts = differences.ranges.map { max($0.lowerBound, differences.firstOffset ?? 0) }
    for offset in starts {
      guard let area = all.first(where: { $0.range.contains(offset) }), !found.contains(area) else {
        continue
      }
      found.append(area)
      // The first few say where to look; a list of all would say nothing more.
      if found.count == 8 { break }
    }
    return found
  }

  /// Every part that has a name, as far as it lies before the end of the image.
  func areas(before end: UInt64) -> [ImageArea] {
    func area(_ name: SanitizedText, _ blocks: ClosedRange<UInt64>, blockSize: Int) -> ImageArea? {
      Self.area(name, blocks, blockSize: blockSize, before: end)
    }
    var areas: [ImageArea?] = []
    if mbr != nil { areas.append(area("the master boot record", 0...0, blockSize: 512)) }
    if let gpt {
      areas.append(area("the partition table (GPT)", 1...33, blockSize: gpt.sectorSize))
      for partition in gpt.partitions where partition.firstLBA <= partition.lastLBA {
        let name: SanitizedText = partition.name.isEmpty ? "" : " \"\(partition.name)\""
        areas.append(
          area(
            "partition \(partition.index)\(name)", partition.firstLBA...partition.lastLBA,
            blockSize: gpt.sectorSize))
      }
    }
    for entry in mbr?.entries ?? [] where entry.type != Self.protectiveType && entry.sectors > 0 {
      let first = UInt64(entry.startLBA)
      areas.append(
        area(
          "partition \(entry.index) of the MBR (type 0x\(String(entry.type, radix: 16)))",
          first...(first + UInt64(entry.sectors) - 1), blockSize: 512))
    }
    if let volume, volume.blocks > 0 {
      areas.append(area("the ISO 9660 volume", 0...(volume.blocks - 1), blockSize: 2048))
    }
    return areas.compactMap(\.self)
  }

  /// The MBR type that only points to a GPT.
  private static let protectiveType: UInt8 = 0xEE

  /// The blocks as bytes, cut at the end of the image; numbers of an image may be anything.
  private static func area(
    _ name: SanitizedText, _ blocks: ClosedRange<UInt64>, blockSize: Int, before byteCount: UInt64
  ) -> ImageArea? {
    let (start, overflows) = blocks.lowerBound.multipliedReportingOverflow(by: UInt64(blockSize))
    guard !overflows, start < byteCount else { return nil }
    let lastStart = blocks.upperBound.multipliedReportingOverflow(by: UInt64(blockSize))
    let end = lastStart.partialValue.addingReportingOverflow(UInt64(blockSize))
    let isWhole = !lastStart.overflow && !end.overflow
    return ImageArea(name: name, range: start..<(isWhole ? min(end.partialValue, byteCount) : byteCount))
  }
}

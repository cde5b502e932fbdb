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
    let all = areas.sorted { $0.range.count < $1.range.count }
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

  /// Every part that has a name.
  var areas: [ImageArea] {
    var areas: [ImageArea] = []
    func add(_ name: SanitizedText, _ first: UInt64, _ blocks: UInt64, _ size: Int) {
      let start = first.multipliedReportingOverflow(by: UInt64(size))
      let length = blocks.multipliedReportingOverflow(by: UInt64(size))
      guard !start.overflow, !length.overflow, length.partialValue > 0, start.partialValue < byteCount else {
        return
      }
      let end = start.partialValue.addingReportingOverflow(length.partialValue)
      areas.append(
        ImageArea(
          name: name,
          range: start.partialValue..<(end.overflow ? byteCount : min(end.partialValue, byteCount))))
    }
    if mbr != nil { add("the master boot record", 0, 1, 512) }
    if let gpt {
      add("the partition table (GPT)", 1, 33, gpt.sectorSize)
      for partition in gpt.partitions where partition.lastLBA >= partition.firstLBA {
        let name: SanitizedText = partition.name.isEmpty ? "" : " \"\(partition.name)\""
        add(
          "partition \(partition.index)\(name)", partition.firstLBA,
          partition.lastLBA - partition.firstLBA + 1,
          gpt.sectorSize)
      }
    }
    for entry in mbr?.entries ?? [] where entry.type != 0xEE {
      let type = String(entry.type, radix: 16)
      add(
        "partition \(entry.index) of the MBR (type 0x\(type))", UInt64(entry.startLBA), UInt64(entry.sectors),
        512)
    }
    if let volume { add("the ISO 9660 volume", 0, volume.blocks, 2048) }
    return areas
  }
}

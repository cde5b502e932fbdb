import BlockIO
import DeviceProbe
import DeviceSafety

extension DeviceEntry {
  /// The entry of `list --json` (burin(8), JSON OUTPUT).
  var json: JSONValue {
    [
      "id": JSONValue(id.description), "path": JSONValue(device.path), "name": JSONValue(device.name),
      "vendor": JSONValue(device.identity.vendor), "model": JSONValue(device.identity.model),
      "serial": JSONValue(device.identity.serial), "wwn": JSONValue(device.identity.wwn),
      "bytes": JSONValue(device.byteCount), "logicalBlockSize": JSONValue(device.logicalBlockSize),
      "physicalBlockSize": JSONValue(device.physicalBlockSize),
      "transport": JSONValue(device.transport.publicName), "speed": JSONValue(device.usb?.speed),
      "port": JSONValue(device.usb?.port), "diskseq": JSONValue(device.diskSequence),
      "removable": JSONValue(device.isRemovable), "readOnly": JSONValue(device.isReadOnly),
      "mediumPresent": JSONValue(isMediumPresent), "contents": contentsJSON,
      "class": JSONValue(assessment.safetyClass.rawValue), "selectable": .bool(assessment.isSelectable),
      "objections": .array(assessment.objections.map(\.json)),
    ]
  }

  private var contentsJSON: JSONValue {
    guard let contents = device.contents else { return .null }
    return [
      "table": JSONValue(contents.table.publicName),
      "partitions": .array(contents.partitions.map(partitionJSON)),
      "fileSystem": JSONValue(contents.fileSystem), "label": JSONValue(contents.label),
      "mountPoints": JSONValue(mountPoints),
    ]
  }

  private func partitionJSON(_ partition: Contents.Partition) -> JSONValue {
    [
      "number": JSONValue(partition.number), "start": JSONValue(partition.start),
      "bytes": JSONValue(partition.byteCount), "type": JSONValue(partition.type),
      "fileSystem": JSONValue(partition.fileSystem), "label": JSONValue(partition.label),
      "usedBytes": JSONValue(partition.usedBytes),
      "mountPoints": JSONValue(partitionMounts[partition.number] ?? []),
    ]
  }
}

extension Objection {
  /// The entry of `objections`.
  var json: JSONValue {
    ["id": JSONValue(id.rawValue), "text": JSONValue(text), "chain": JSONValue(chain)]
  }
}

extension UnreadableSource {
  /// The entry of `unreadable`.
  var json: JSONValue { ["path": JSONValue(path), "reason": JSONValue(reason)] }
}

extension Transport {
  /// The name in JSON, which has fewer kinds than the probe tells apart.
  var publicName: String {
    switch self {
    case .usb, .sd, .sata, .nvme, .virtio, .thunderbolt: rawValue
    case .mmc, .scsi, .loop, .virtual, .optical, .floppy, .network, .other: "other"
    }
  }
}

extension Contents.Table {
  /// The name in JSON, which has fewer kinds than libblkid tells apart.
  var publicName: String {
    switch self {
    case .gpt, .mbr, .none, .unknown: rawValue
    case .apm, .other: "unknown"
    }
  }
}

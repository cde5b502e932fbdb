import BlockIO
import DeviceProbe
import DeviceSafety
import Documents

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

  /// What is on it.
  var contentsJSON: JSONValue {
    guard let contents = device.contents else { return .null }
    return [
      "table": JSONValue(contents.table.publicName), "tableUUID": JSONValue(contents.tableUUID),
      "partitions": .array(contents.partitions.map(partitionJSON)),
      "fileSystem": JSONValue(contents.fileSystem), "label": JSONValue(contents.label),
      "uuid": JSONValue(contents.uuid),
      "mountPoints": JSONValue(mountPoints),
      "state": JSONValue(contents.evidence?.state.rawValue),
      "usedBytes": JSONValue(contents.evidence?.usedBytes),
      "newest": JSONValue(contents.evidence?.newest), "marks": marksJSON(contents.evidence),
    ]
  }

  private func marksJSON(_ evidence: ContentEvidence?) -> JSONValue {
    .array((evidence?.marks ?? []).map { .string($0.rawValue) })
  }

  private func partitionJSON(_ partition: Contents.Partition) -> JSONValue {
    [
      "number": JSONValue(partition.number), "start": JSONValue(partition.start),
      "bytes": JSONValue(partition.byteCount), "type": JSONValue(partition.type),
      "fileSystem": JSONValue(partition.fileSystem), "label": JSONValue(partition.label),
      "uuid": JSONValue(partition.uuid),
      "usedBytes": JSONValue(partition.usedBytes),
      "mountPoints": JSONValue(partitionMounts[partition.number] ?? []),
      "state": JSONValue(partition.evidence?.state.rawValue),
      "newest": JSONValue(partition.evidence?.newest), "marks": marksJSON(partition.evidence),
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

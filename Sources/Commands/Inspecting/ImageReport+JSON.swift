import Documents
import ImageInspector

/// The object of `inspect --json` (burin(8), JSON OUTPUT); evidence is told beside each answer.
extension ImageReport {
  /// The whole object.
  func json(path: String) -> JSONValue {
    [
      "schema": 1,
      "image": [
        "path": JSONValue(path), "bytes": JSONValue(knownByteCount), "lookedAt": JSONValue(seenByteCount),
        "kind": JSONValue(kind.publicName),
        "compression": JSONValue(compression), "content": JSONValue(content),
      ],
      "unpacked": unpacked?.json ?? .null,
      "volume": volume?.json ?? .null, "elTorito": elToritoJSON, "mbr": mbrJSON, "gpt": gptJSON,
      "apm": apmJSON,
      "efi": .array(efi.map(\.json)), "truncatedBy": JSONValue(truncatedBy), "boots": boots.json,
      "verdict": JSONValue(verdict.rawValue), "findings": .array(findings.map(\.json)),
    ]
  }

  private var elToritoJSON: JSONValue {
    guard let elTorito else {
      return ["present": false, "checksumValid": .null, "catalogLBA": .null, "entries": .null]
    }
    let entries = elTorito.entries.map { entry -> JSONValue in
      [
        "platform": JSONValue(entry.platform.rawValue), "bootable": .bool(entry.bootable),
        "emulation": JSONValue(entry.emulation.rawValue), "loadSegment": JSONValue(entry.loadSegment),
        "sectorCount": JSONValue(entry.sectorCount), "lba": JSONValue(entry.lba),
      ]
    }
    return [
      "present": true, "checksumValid": elTorito.checksumValid.map(JSONValue.bool) ?? .null,
      "catalogLBA": JSONValue(elTorito.catalogLBA), "entries": .array(entries),
    ]
  }

  private var mbrJSON: JSONValue {
    guard let mbr else { return ["present": false, "loader": .null, "entries": .null] }
    let entries = mbr.entries.map { entry -> JSONValue in
      [
        "index": JSONValue(entry.index), "active": .bool(entry.active), "type": JSONValue(entry.type),
        "startLBA": JSONValue(entry.startLBA), "sectors": JSONValue(entry.sectors),
      ]
    }
    return ["present": true, "loader": JSONValue(mbr.loader), "entries": .array(entries)]
  }

  private var gptJSON: JSONValue {
    guard let gpt else {
      return [
        "present": false, "headerValid": .null, "entriesValid": .null, "backup": .null, "sectorSize": .null,
        "partitions": .null,
      ]
    }
    let partitions = gpt.partitions.map { partition -> JSONValue in
      [
        "index": JSONValue(partition.index), "typeGUID": JSONValue(partition.typeGUID),
        "name": JSONValue(partition.name), "firstLBA": JSONValue(partition.firstLBA),
        "lastLBA": JSONValue(partition.lastLBA),
      ]
    }
    return [
      "present": true, "headerValid": .bool(gpt.headerValid), "entriesValid": .bool(gpt.entriesValid),
      "backup": JSONValue(gpt.backup.rawValue), "sectorSize": JSONValue(gpt.sectorSize),
      "partitions": .array(partitions),
    ]
  }

  private var apmJSON: JSONValue {
    guard let apm else { return ["present": false, "blockSize": .null, "partitions": .null] }
    let partitions = apm.partitions.map { partition -> JSONValue in
      [
        "name": JSONValue(partition.name), "type": JSONValue(partition.type),
        "start": JSONValue(partition.start), "blocks": JSONValue(partition.blocks),
      ]
    }
    return ["present": true, "blockSize": JSONValue(apm.blockSize), "partitions": .array(partitions)]
  }
}

extension ImageReport.Kind {
  /// The name in JSON, in which a container is unknown to the stick; `compression` names it.
  var publicName: String { self == .container ? "unknown" : rawValue }
}

extension ImageReport.Unpacked {
  fileprivate var json: JSONValue {
    [
      "member": JSONValue(member), "kind": JSONValue(kind.publicName), "bytes": JSONValue(byteCount),
      "lookedAt": JSONValue(seenByteCount),
    ]
  }
}

extension ImageReport.Volume {
  fileprivate var json: JSONValue {
    [
      "identifier": JSONValue(identifier), "systemIdentifier": JSONValue(systemIdentifier),
      "publisher": JSONValue(publisher), "created": JSONValue(created), "blocks": JSONValue(blocks),
      "joliet": JSONValue(joliet), "rockRidge": .bool(rockRidge), "udf": JSONValue(udf),
    ]
  }
}

extension ImageReport.EFILoader {
  fileprivate var json: JSONValue {
    [
      "path": JSONValue(path), "where": JSONValue(place.rawValue),
      "architecture": JSONValue(architecture?.rawValue), "signed": .bool(signed),
    ]
  }
}

extension ImageReport.BootVerdicts {
  fileprivate var json: JSONValue {
    [
      "stick": [
        "bios": JSONValue(stickBIOS.value.rawValue), "uefi": JSONValue(stickUEFI.value.rawValue),
        "uefiArchitectures": JSONValue(uefiArchitectures.map(\.rawValue)),
        "secureBoot": JSONValue(secureBoot.value.rawValue),
        "biosEvidence": JSONValue(stickBIOS.evidence), "uefiEvidence": JSONValue(stickUEFI.evidence),
        "secureBootEvidence": JSONValue(secureBoot.evidence),
      ],
      "disc": [
        "bios": JSONValue(discBIOS.value.rawValue), "uefi": JSONValue(discUEFI.value.rawValue),
        "biosEvidence": JSONValue(discBIOS.evidence), "uefiEvidence": JSONValue(discUEFI.evidence),
      ],
    ]
  }
}

extension ImageReport.Finding {
  fileprivate var json: JSONValue {
    [
      "id": JSONValue(id), "severity": JSONValue(severity.rawValue), "text": JSONValue(text),
      "offset": JSONValue(offset),
    ]
  }
}

import BlockIO

extension DeviceSnapshot {
  /// The snapshot as text that people can read and ``init(parsing:)`` reads back without loss.
  ///
  /// One record for each line that begins in the first column, its fields indented below; a hyphen is nil.
  public var text: String {
    var lines = ["burin-devices 1"]
    for device in devices { lines += device.lines }
    lines += mounts.map(\.line)
    for swap in swaps {
      lines.append(
        "swap \(SnapshotLine.quoted(swap.path)) \(SnapshotLine.optional(swap.device)) \(swap.isFile ? "file" : "partition")"
      )
    }
    for volume in btrfsVolumes {
      lines.append("btrfs \(SnapshotLine.quoted(volume.uuid))\(Self.list(volume.members))")
    }
    for use in hiddenUses {
      lines.append("hidden-use \(use.kind.rawValue) \(use.device) \(SnapshotLine.quoted(use.owner))")
    }
    for pool in zfsPools { lines.append("zfs-pool \(SnapshotLine.quoted(pool))") }
    for anchor in anchors {
      lines.append(
        "anchor \(anchor.purpose.rawValue) \(SnapshotLine.quoted(anchor.path))\(Self.list(anchor.devices))")
    }
    lines += claims.map(\.line)
    for source in unreadable {
      lines.append("unreadable \(SnapshotLine.quoted(source.path)) \(SnapshotLine.quoted(source.reason))")
    }
    lines += protections.map(\.record) + protectionFaults.map(\.record)
    return lines.joined(separator: "\n") + "\n"
  }

  /// Numbers, each with a blank before it.
  static func list(_ numbers: [DeviceNumber]) -> String { numbers.map { " \($0)" }.joined() }
}

extension BlockDevice {
  /// The record and its fields; fields that are nil, false or empty are left out.
  fileprivate var lines: [String] {
    let names = "\(SnapshotLine.quoted(name)) \(SnapshotLine.quoted(path))"
    var lines = ["device \(number) \(names) \(transport.rawValue) \(SnapshotLine.quoted(sysfsPath))"]
    func add(_ keyword: String, _ value: String?) {
      if let value { lines.append("  \(keyword) \(value)") }
    }
    add("partition", partition.map { "\($0.disk) \($0.number) \(SnapshotLine.optional($0.start))" })
    add("bytes", byteCount?.description)
    add("logical-block", logicalBlockSize?.description)
    add("physical-block", physicalBlockSize?.description)
    add("read-only", isReadOnly.map { $0 ? "yes" : "no" })
    add("removable", isRemovable.map { $0 ? "yes" : "no" })
    add("rotational", isRotational.map { $0 ? "yes" : "no" })
    if isHidden { lines.append("  hidden") }
    if isZoned { lines.append("  zoned") }
    add("diskseq", diskSequence?.description)
    if !holders.isEmpty { lines.append("  holders" + DeviceSnapshot.list(holders)) }
    if !slaves.isEmpty { lines.append("  slaves" + DeviceSnapshot.list(slaves)) }
    add("vendor", identity.vendor.map { SnapshotLine.quoted($0) })
    add("model", identity.model.map { SnapshotLine.quoted($0) })
    add("serial", identity.serial.map { SnapshotLine.quoted($0) })
    add("wwn", identity.wwn.map { SnapshotLine.quoted($0) })
    add("usb", usb?.line)
    add("mmc", mmcType.map { SnapshotLine.quoted($0) })
    add("main-area", mainArea?.description)
    add("udev", udev?.line)
    if let virtual { lines.append("  \(virtual.line)") }
    return lines + (contents?.lines ?? [])
  }
}

extension USBPlace {
  /// Port, speed, version, vendor, product, removable, driver.
  fileprivate var line: String {
    let texts = [version, vendorID, productID, removable, driver].map { SnapshotLine.optional($0) }
    return ([SnapshotLine.quoted(port), SnapshotLine.optional(speed)] + texts).joined(separator: " ")
  }
}

extension VirtualKind {
  fileprivate var line: String {
    switch self {
    case .deviceMapper(let name, let uuid):
      "device-mapper \(SnapshotLine.quoted(name)) \(SnapshotLine.quoted(uuid))"
    case .md(let level, let state): "md \(SnapshotLine.quoted(level)) \(SnapshotLine.quoted(state))"
    case .loop(let path, let fileSystem, let node):
      "loop \(SnapshotLine.quoted(path)) \(SnapshotLine.optional(fileSystem)) \(SnapshotLine.optional(node))"
    case .idleLoop: "idle-loop"
    case .other(let driver): "virtual \(SnapshotLine.quoted(driver))"
    }
  }
}

extension Contents {
  /// The table, then what the whole holds, then the entries.
  fileprivate var lines: [String] {
    // The ID of the table came later: where there is none, the line is as it always was.
    let texts = [fileSystem, label, uuid] + (tableUUID.map { [$0] } ?? [])
    let whole = texts.map { SnapshotLine.optional($0) }.joined(separator: " ")
    let head = "  contents \(table.rawValue) \(isAmbivalent ? "ambivalent" : "clear") \(whole)"
    let own = evidence.map { ["    evidence \($0.line)"] } ?? []
    return [head] + own + partitions.flatMap(\.lines)
  }
}

extension Contents.Partition {
  fileprivate var lines: [String] {
    let texts = [name, fileSystem, label, uuid].map { SnapshotLine.optional($0) }.joined(separator: " ")
    let place = "\(number) \(start) \(byteCount) \(SnapshotLine.quoted(type))"
    let entry = "    entry \(place) \(texts) \(SnapshotLine.optional(usedBytes))"
    return [entry] + (evidence.map { ["      evidence \($0.line)"] } ?? [])
  }
}

extension ContentEvidence {
  /// The state, the bytes in use, the newest date and the marks; it belongs to the line before.
  fileprivate var line: String {
    let numbers = "\(SnapshotLine.optional(usedBytes)) \(SnapshotLine.optional(newest))"
    return ([state.rawValue, numbers] + marks.map(\.rawValue)).joined(separator: " ")
  }
}

extension SystemClaim {
  /// Kind, source, text, the tag's kind and value, the devices.
  fileprivate var line: String {
    let texts = "\(SnapshotLine.quoted(source)) \(SnapshotLine.quoted(text))"
    let name = "\(tag.kind.rawValue) \(SnapshotLine.quoted(tag.value))"
    return "claim \(kind.rawValue) \(texts) \(name)\(DeviceSnapshot.list(devices))"
  }
}

extension Mount {
  fileprivate var line: String {
    let texts = [mountPoint, root, fileSystem, source, options].map { SnapshotLine.quoted($0) }
    let owner = process.map { " \($0.id) \(SnapshotLine.quoted($0.command))" } ?? ""
    return "mount \(device) \(texts.joined(separator: " "))\(owner)"
  }
}

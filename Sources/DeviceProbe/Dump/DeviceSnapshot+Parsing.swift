import BlockIO

extension DeviceSnapshot {
  /// Reads what ``text`` writes.
  ///
  /// Anything else, from wherever it comes, ends with an error that names the line.
  public init(parsing text: String) throws(SnapshotTextError) {
    self.init()
    // The lines are split at line feeds alone: a text may hold every other line separator.
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      do throws(SnapshotTextError.Reason) {
        try read(Substring(line), isFirst: index == 0)
      } catch { throw SnapshotTextError(line: index + 1, reason: error) }
    }
  }

  private mutating func read(_ line: Substring, isFirst: Bool) throws(SnapshotTextError.Reason) {
    guard !isFirst else {
      guard line == "burin-devices 1" else { throw .header }
      return
    }
    guard let tokens = SnapshotLine.tokens(of: line) else { throw .quotation }
    // Empty lines and comments make fixtures readable.
    guard let first = tokens.first else { return }
    guard case .word(let keyword) = first else { throw .value }
    guard !keyword.hasPrefix("#") else { return }
    var values = SnapshotValues(tokens.dropFirst())
    if line.hasPrefix(" ") {
      guard !devices.isEmpty else { throw .keyword(keyword) }
      try devices[devices.count - 1].readField(keyword, &values)
    } else {
      try readRecord(keyword, &values)
    }
    try values.finish()
  }

  private mutating func readRecord(
    _ keyword: String, _ values: inout SnapshotValues
  ) throws(SnapshotTextError.Reason) {
    switch keyword {
    case "device": devices.append(try BlockDevice(reading: &values))
    case "mount": mounts.append(try Mount(reading: &values))
    case "swap":
      let (path, device) = (try values.text(), try values.optionalDevice())
      swaps.append(SwapArea(path: path, device: device, isFile: try values.either("file", "partition")))
    case "btrfs": btrfsVolumes.append(BtrfsVolume(uuid: try values.text(), members: try values.devices()))
    case "hidden-use":
      guard let kind = HiddenUse.Kind(rawValue: try values.word()) else { throw .value }
      hiddenUses.append(HiddenUse(kind, of: try values.device(), owner: try values.text()))
    case "zfs-pool": zfsPools.append(try values.text())
    case "anchor":
      guard let purpose = Anchor.Purpose(rawValue: try values.word()) else { throw .value }
      anchors.append(Anchor(purpose: purpose, path: try values.text(), devices: try values.devices()))
    case "claim": claims.append(try SystemClaim(reading: &values))
    case "unreadable":
      unreadable.append(UnreadableSource(path: try values.text(), reason: try values.text()))
    case "protection": protections.append(try Protection(reading: &values))
    case "protection-fault": protectionFaults.append(try ProtectionFault(reading: &values))
    default: throw .keyword(keyword)
    }
  }
}

extension SystemClaim {
  fileprivate init(reading values: inout SnapshotValues) throws(SnapshotTextError.Reason) {
    guard let kind = Kind(rawValue: try values.word()) else { throw .value }
    let (source, text) = (try values.text(), try values.text())
    guard let name = Tag.Kind(rawValue: try values.word()) else { throw .value }
    let tag = Tag(name, try values.text())
    self.init(kind, source: source, text: text, tag: tag, devices: try values.devices())
  }
}

extension Mount {
  fileprivate init(reading values: inout SnapshotValues) throws(SnapshotTextError.Reason) {
    self.init(
      device: try values.device(), mountPoint: try values.text(), root: try values.text(),
      fileSystem: try values.text(), source: try values.text(), options: try values.text())
    if !values.isEmpty { process = ProcessName(id: try values.integer(), command: try values.text()) }
  }
}

extension BlockDevice {
  fileprivate init(reading values: inout SnapshotValues) throws(SnapshotTextError.Reason) {
    let (number, name, path) = (try values.device(), try values.text(), try values.text())
    guard let transport = Transport(rawValue: try values.word()) else { throw .value }
    self.init(number: number, name: name, path: path, sysfsPath: try values.text(), transport: transport)
  }

  fileprivate mutating func readField(
    _ keyword: String, _ values: inout SnapshotValues
  ) throws(SnapshotTextError.Reason) {
    switch keyword {
    case "partition":
      partition = PartitionPlace(
        disk: try values.device(), number: try values.integer(), start: try values.optionalInteger())
    case "bytes": byteCount = try values.integer()
    case "logical-block": logicalBlockSize = try values.integer()
    case "physical-block": physicalBlockSize = try values.integer()
    case "read-only": isReadOnly = try values.either("yes", "no")
    case "removable": isRemovable = try values.either("yes", "no")
    case "rotational": isRotational = try values.either("yes", "no")
    case "hidden": isHidden = true
    case "zoned": isZoned = true
    case "diskseq": diskSequence = try values.integer()
    case "holders": holders = try values.devices()
    case "slaves": slaves = try values.devices()
    case "main-area": mainArea = try values.device()
    case "vendor": identity.vendor = try values.text()
    case "model": identity.model = try values.text()
    case "serial": identity.serial = try values.text()
    case "wwn": identity.wwn = try values.text()
    case "mmc": mmcType = try values.text()
    case "usb": usb = try USBPlace(reading: &values)
    case "udev": udev = try UdevNotes(reading: &values)
    case "contents": contents = try Contents(reading: &values)
    case "entry":
      guard contents != nil else { throw .keyword(keyword) }
      contents?.partitions.append(try Contents.Partition(reading: &values))
    case "evidence":
      guard let count = contents?.partitions.count else { throw .keyword(keyword) }
      let evidence = try ContentEvidence(reading: &values)
      if count == 0 {
        contents?.evidence = evidence
      } else {
        contents?.partitions[count - 1].evidence = evidence
      }
    default: virtual = try VirtualKind(keyword, reading: &values)
    }
  }
}

extension USBPlace {
  fileprivate init(reading values: inout SnapshotValues) throws(SnapshotTextError.Reason) {
    self.init(port: try values.text())
    speed = try values.optionalNumber()
    version = try values.optionalText()
    vendorID = try values.optionalText()
    productID = try values.optionalText()
    removable = try values.optionalText()
    driver = try values.optionalText()
  }
}

extension VirtualKind {
  fileprivate init(
    _ keyword: String, reading values: inout SnapshotValues
  ) throws(SnapshotTextError.Reason) {
    switch keyword {
    case "device-mapper": self = .deviceMapper(name: try values.text(), uuid: try values.text())
    case "md": self = .md(level: try values.text(), state: try values.text())
    case "loop":
      self = .loop(
        path: try values.text(), fileSystem: try values.optionalDevice(), node: try values.optionalDevice())
    case "idle-loop": self = .idleLoop
    case "virtual": self = .other(try values.text())
    default: throw .keyword(keyword)
    }
  }
}

extension Contents {
  fileprivate init(reading values: inout SnapshotValues) throws(SnapshotTextError.Reason) {
    guard let table = Table(rawValue: try values.word()) else { throw .value }
    self.init(table: table)
    isAmbivalent = try values.either("ambivalent", "clear")
    fileSystem = try values.optionalText()
    label = try values.optionalText()
    uuid = try values.optionalText()
    if !values.isEmpty { tableUUID = try values.optionalText() }
  }
}

extension Contents.Partition {
  fileprivate init(reading values: inout SnapshotValues) throws(SnapshotTextError.Reason) {
    self.init(
      number: try values.integer(), start: try values.integer(), byteCount: try values.integer(),
      type: try values.text())
    name = try values.optionalText()
    fileSystem = try values.optionalText()
    label = try values.optionalText()
    uuid = try values.optionalText()
    usedBytes = try values.optionalInteger()
  }
}

extension ContentEvidence {
  fileprivate init(reading values: inout SnapshotValues) throws(SnapshotTextError.Reason) {
    guard let state = State(rawValue: try values.word()) else { throw .value }
    self.init(state, usedBytes: try values.optionalInteger(), newest: try values.optionalInteger())
    while !values.isEmpty {
      guard let mark = Mark(rawValue: try values.word()) else { throw .value }
      marks.append(mark)
    }
  }
}

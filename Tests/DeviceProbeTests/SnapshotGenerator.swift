import BlockIO
import DeviceProbe
import TestSupport

/// Snapshots that no machine has, with every field filled in one or the other way.
struct SnapshotGenerator {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func snapshot() -> DeviceSnapshot {
    var snapshot = DeviceSnapshot()
    snapshot.devices = many { $0.device() }
    snapshot.mounts = many { generator in
      var mount = Mount(
        device: generator.number(), mountPoint: generator.text(), root: generator.text(),
        fileSystem: generator.text(), source: generator.text(), options: generator.text())
      mount.process = generator.maybe { ProcessName(id: Int($0.random.next() >> 1), command: $0.text()) }
      return mount
    }
    snapshot.swaps = many { SwapArea(path: $0.text(), device: $0.maybe { $0.number() }, isFile: $0.coin()) }
    snapshot.btrfsVolumes = many { BtrfsVolume(uuid: $0.text(), members: $0.many { $0.number() }) }
    snapshot.hiddenUses = many { generator in
      let kind = HiddenUse.Kind.allCases.randomElement(using: &generator.random) ?? .member
      return HiddenUse(kind, of: generator.number(), owner: generator.text())
    }
    snapshot.zfsPools = many { $0.text() }
    snapshot.anchors = many { Anchor(purpose: .output, path: $0.text(), devices: $0.many { $0.number() }) }
    snapshot.claims = many { generator in
      let kind = SystemClaim.Kind.allCases.randomElement(using: &generator.random) ?? .root
      let tag = SystemClaim.Tag.Kind.allCases.randomElement(using: &generator.random) ?? .none
      return SystemClaim(
        kind, source: generator.text(), text: generator.text(), tag: SystemClaim.Tag(tag, generator.text()),
        devices: generator.many { $0.number() })
    }
    snapshot.protections = many { generator in
      Protection(
        Protection.Kind.allCases.randomElement(using: &generator.random) ?? .serial, generator.text(),
        note: generator.maybe { $0.text() }, file: generator.text(), line: Int(generator.number().minor))
    }
    snapshot.protectionFaults = many { generator in
      let reasons: [ProtectionFault.Reason] = [
        .unreadable(generator.text()), .notAFile, .form, .kind(generator.text()), .value(generator.text()),
        .encoding,
      ]
      return ProtectionFault(
        file: generator.text(), line: generator.maybe { Int($0.number().minor) },
        reasons.randomElement(using: &generator.random) ?? .form)
    }
    snapshot.unreadable = many { UnreadableSource(path: $0.text(), reason: $0.text()) }
    return snapshot
  }

  private mutating func device() -> BlockDevice {
    let transport = Transport.allCases.randomElement(using: &random) ?? .other
    var device = BlockDevice(
      number: number(), name: text(), path: text(), sysfsPath: text(), transport: transport)
    device.partition = maybe { generator in
      PartitionPlace(
        disk: generator.number(), number: Int(generator.number().minor),
        start: generator.maybe { $0.random.next() })
    }
    device.virtual = maybe { $0.virtual() }
    device.byteCount = maybe { $0.random.next() }
    device.logicalBlockSize = maybe { Int($0.number().minor) }
    device.physicalBlockSize = maybe { Int($0.number().minor) }
    (device.isReadOnly, device.isRemovable, device.isRotational) = (
      maybe { $0.coin() }, maybe { $0.coin() }, nil
    )
    (device.isHidden, device.isZoned) = (coin(), coin())
    device.diskSequence = maybe { $0.random.next() }
    device.holders = many { $0.number() }
    device.slaves = many { $0.number() }
    device.identity = HardwareIdentity(
      vendor: maybe { $0.text() }, model: maybe { $0.text() }, serial: maybe { $0.text() },
      wwn: maybe { $0.text() })
    device.usb = maybe { $0.usb() }
    device.mmcType = maybe { $0.text() }
    device.mainArea = maybe { $0.number() }
    device.udev = maybe { generator in
      UdevNotes(
        initialized: generator.maybe { $0.text() }, tableUUID: generator.maybe { $0.text() },
        fileSystemUUID: generator.maybe { $0.text() })
    }
    device.contents = maybe { $0.contents() }
    return device
  }

  private mutating func usb() -> USBPlace {
    var place = USBPlace(port: text())
    place.speed = maybe { Double($0.number().minor) / 8 }
    (place.version, place.vendorID) = (maybe { $0.text() }, maybe { $0.text() })
    (place.productID, place.removable) = (maybe { $0.text() }, maybe { $0.text() })
    place.driver = maybe { $0.text() }
    return place
  }

  private mutating func virtual() -> VirtualKind {
    switch Int.random(in: 0..<5, using: &random) {
    case 0: .deviceMapper(name: text(), uuid: text())
    case 1: .md(level: text(), state: text())
    case 2: .loop(path: text(), fileSystem: maybe { $0.number() }, node: maybe { $0.number() })
    case 3: .idleLoop
    default: .other(text())
    }
  }

  private mutating func contents() -> Contents {
    var contents = Contents(table: coin() ? .gpt : .unknown)
    (contents.isAmbivalent, contents.tableUUID) = (coin(), maybe { $0.text() })
    (contents.fileSystem, contents.label, contents.uuid) = (maybe { $0.text() }, maybe { $0.text() }, nil)
    contents.evidence = maybe { $0.evidence() }
    contents.partitions = many { generator in
      var entry = Contents.Partition(
        number: Int(generator.number().minor), start: generator.random.next(),
        byteCount: generator.random.next(),
        type: generator.text())
      (entry.name, entry.fileSystem) = (generator.maybe { $0.text() }, generator.maybe { $0.text() })
      (entry.label, entry.uuid) = (generator.maybe { $0.text() }, generator.maybe { $0.text() })
      entry.evidence = generator.maybe { $0.evidence() }
      if generator.coin() { entry.usedBytes = generator.maybe { $0.random.next() } }
      return entry
    }
    return contents
  }

  private mutating func evidence() -> ContentEvidence {
    ContentEvidence(
      ContentEvidence.State.allCases.randomElement(using: &random) ?? .data,
      usedBytes: maybe { $0.random.next() }, newest: maybe { Int64(bitPattern: $0.random.next()) },
      marks: ContentEvidence.Mark.allCases.filter { _ in coin() })
  }

  private mutating func number() -> DeviceNumber {
    DeviceNumber(
      major: .random(in: 0...4095, using: &random), minor: .random(in: 0...1_048_575, using: &random))
  }

  private mutating func coin() -> Bool { .random(using: &random) }

  /// Text as a hostile stick would have it.
  private mutating func text() -> String {
    let alphabet = Array(
      "ab /\\\"\n\r\t-#{}%\u{0}\u{1b}\u{7f}\u{85}\u{2028}\u{202e}\u{200b}e\u{301}é😀".unicodeScalars)
    var view = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...10, using: &random) {
      view.append(alphabet.randomElement(using: &random) ?? "x")
    }
    return String(view)
  }

  private mutating func maybe<Value>(_ make: (inout Self) -> Value) -> Value? { coin() ? make(&self) : nil }

  private mutating func many<Value>(_ make: (inout Self) -> Value) -> [Value] {
    var values: [Value] = []
    for _ in 0..<Int.random(in: 0...3, using: &random) { values.append(make(&self)) }
    return values
  }
}

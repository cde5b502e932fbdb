import BlockIO
import SystemPackage

/// Finds the devices that carry a tag: all of them, because a clone carries the tags of its original.
///
/// A link in `/dev/disk` leads to the one device that udevd saw last; udevd's notes on each device name all.
/// Where there are none, the kernel knows the tags of partitions (Linux 6.9), and libblkid those of the disks that
/// it is told to read (``Contents/places(of:)``).
struct TagIndex {
  private let root: SystemRoot
  private let devices: [(device: BlockDevice, tags: DeviceTags)]
  private(set) var unreadable: [UnreadableSource] = []

  init(root: SystemRoot, devices: [BlockDevice]) {
    self.root = root
    let tree = SysfsTree(root: root)
    var unreadable: [UnreadableSource] = []
    self.devices = devices.map { device in
      // Most loop devices have nothing behind them, nor do readers without a card.
      guard device.byteCount != 0 else { return (device, DeviceTags()) }
      let path = UdevNotes.recordPath(of: device.number)
      do throws(SystemCallError) {
        return (
          device, DeviceTags(udev: try SmallFile.bytes(of: root.path(path), limit: UdevNotes.recordLimit))
        )
      } catch {
        // No udevd, or one that has not come to this device yet.
        if error.errno != .noSuchFileOrDirectory {
          unreadable.append(UnreadableSource(path: path, reason: "\(error.errno)"))
        }
        guard device.partition != nil, let event = tree.attribute("uevent", of: device.sysfsPath) else {
          return (device, DeviceTags())
        }
        return (device, DeviceTags(uevent: event))
      }
    }
    self.unreadable = unreadable
  }

  /// Every device with a tag, in order of their numbers.
  func devices(with tag: SystemClaim.Tag) -> [DeviceNumber] {
    let carriers = devices.filter { device, tags in
      // Partitions inherit what udevd noted on their disk, the name of its table among it.
      device.isNamed(by: tag) || tags.contains(tag) && (tag.kind != .table || device.isWholeDisk)
    }
    var found = Set(carriers.map(\.device.number))
    if let link = tag.link, let number = node(link) { found.insert(number) }
    return found.sorted()
  }

  /// The device behind a link or node; in a copied system by the link's text.
  private func node(_ path: String) -> DeviceNumber? {
    do throws(SystemCallError) {
      if root.isLive {
        guard case .blockDevice(let number) = try FileState(at: root.path(path)).kind else { return nil }
        return number
      }
      let target = FilePath(path).removingLastComponent()
        .pushing(FilePath(try SmallFile.link(at: root.path(path)))).lexicallyNormalized()
      return devices.first { $0.device.path == target.string }?.device.number
    } catch { return nil }
  }
}

extension BlockDevice {
  /// Whether a tag names the device by what the kernel says of it.
  fileprivate func isNamed(by tag: SystemClaim.Tag) -> Bool {
    switch tag.kind {
    case .number: return number == DeviceNumber(tag.value)
    case .path: return path == tag.value
    case .hardware: return isWholeDisk && [identity.wwn, identity.serial].contains(tag.value)
    case .logicalVolume:
      guard case .deviceMapper(let name, _) = virtual else { return false }
      return name == tag.value.map { $0 == "-" ? "--" : $0 == "/" ? "-" : String($0) }.joined()
    default: return false
    }
  }
}

extension Contents {
  /// Where libblkid found a tag: the numbers of partitions, 0 for the whole disk.
  ///
  /// It knows the tags where no udevd runs.
  public func places(of tag: SystemClaim.Tag) -> [Int] {
    let whole = DeviceTags(type: fileSystem, uuid: uuid, label: label).contains(tag) ? [0] : []
    return whole
      + partitions.filter {
        DeviceTags(type: $0.fileSystem, uuid: $0.uuid, label: $0.label, partLabel: $0.name).contains(tag)
      }.map(\.number)
  }
}

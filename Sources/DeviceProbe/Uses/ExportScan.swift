import BlockIO

/// Finds what the kernel itself serves to other machines: it has no process whose descriptors would show it, and
/// most of it is not claimed, so that an exclusive open succeeds.
struct ExportScan {
  private(set) var uses: [HiddenUse] = []
  private(set) var unreadable: [UnreadableSource] = []

  /// More devices of one kind than this are not looked at, which is said in `unreadable`.
  private static let limit = 4096

  private let tree: SysfsTree
  private let resolver: PathResolver

  init(tree: SysfsTree, resolver: PathResolver) {
    self.tree = tree
    self.resolver = resolver
    addTargets()
    addNVMeNamespaces()
    addGadgets()
  }

  /// LIO: `core/HBA/DEVICE`, with the path as the tools have set it and as the backend tells it.
  private mutating func addTargets() {
    let core = "kernel/config/target/core"
    for adapter in names(in: core) {
      for device in names(in: "\(core)/\(adapter)") {
        let directory = "\(core)/\(adapter)/\(device)"
        let owner = "the LIO target \(adapter)/\(device)"
        add(path: attribute("udev_path", of: directory), in: directory, owner)
        add(path: Self.file(in: attribute("info", of: directory) ?? ""), in: directory, owner)
      }
    }
  }

  /// The path in a line such as `TCM FILEIO ID: 0  File: /dev/sdb  Size: 1024  Mode: O_DSYNC`.
  static func file(in info: String) -> String? {
    let words = info.split { $0.isWhitespace }
    guard let label = words.firstIndex(where: { $0 == "File:" || $0 == "PATH:" }) else { return nil }
    return words.dropFirst(label + 1).first.map { String($0) }
  }

  private mutating func addNVMeNamespaces() {
    let subsystems = "kernel/config/nvmet/subsystems"
    for subsystem in names(in: subsystems) {
      let namespaces = "\(subsystems)/\(subsystem)/namespaces"
      for number in names(in: namespaces) {
        let directory = "\(namespaces)/\(number)"
        // Only while it is enabled the device is open.
        guard attribute("enable", of: directory) != "0" else { continue }
        add(
          path: attribute("device_path", of: directory), in: directory,
          "the NVMe target \(subsystem), namespace \(number)")
      }
    }
  }

  private mutating func addGadgets() {
    let gadgets = "kernel/config/usb_gadget"
    for gadget in names(in: gadgets) {
      let functions = "\(gadgets)/\(gadget)/functions"
      for function in names(in: functions) where function.hasPrefix("mass_storage.") {
        for unit in names(in: "\(functions)/\(function)") where unit.hasPrefix("lun.") {
          let directory = "\(functions)/\(function)/\(unit)"
          add(path: attribute("file", of: directory), in: directory, "the USB gadget \(gadget)")
        }
      }
    }
    // The gadget that has its files as parameters of the module.
    let parameters = "module/g_mass_storage/parameters"
    for path in (attribute("file", of: parameters) ?? "").split(separator: ",") {
      add(path: String(path), in: parameters, "the USB gadget g_mass_storage")
    }
  }

  private mutating func add(path: String?, in directory: String, _ owner: String) {
    guard let path, path.hasPrefix("/") else { return }
    guard resolver.exists(path) else {
      unreadable.append(UnreadableSource(path: "/sys/\(directory)", reason: "\(path) is not there"))
      return
    }
    for device in resolver.devices(under: path) {
      let use = HiddenUse(.exported, of: device, owner: owner)
      if !uses.contains(use) { uses.append(use) }
    }
  }

  /// An attribute without blanks around it; where it is there and cannot be read, an entry says so.
  private mutating func attribute(_ name: String, of directory: String) -> String? {
    if let text = tree.attribute(name, of: directory) { return text.trimmed }
    if tree.exists(name, of: directory) {
      unreadable.append(UnreadableSource(path: "/sys/\(directory)/\(name)", reason: "not readable"))
    }
    return nil
  }

  private mutating func names(in directory: String) -> ArraySlice<String> {
    let names = tree.names(in: directory, noting: &unreadable)
    if names.count > Self.limit {
      unreadable.append(
        UnreadableSource(path: "/sys/\(directory)", reason: "more than \(Self.limit) entries"))
    }
    return names.prefix(Self.limit)
  }
}

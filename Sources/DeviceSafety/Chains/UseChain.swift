import DeviceProbe

struct UseChain {
  static func chains(from members: [BlockDevice], in snapshot: DeviceSnapshot) -> [UseChain] { [] }
}

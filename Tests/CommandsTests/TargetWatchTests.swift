import BlockIO
import DeviceProbe
import DeviceSafety
import Synchronization
import Testing

@testable import Commands
@testable import Terminal

/// Tells one thing after the other.
private final class ScriptedSource: HotPlugSource {
  let descriptor: CInt = -1
  private let script: Mutex<[Disturbance?]>
  private let asked = Mutex<[WatchedDisk]>([])

  init(_ script: [Disturbance?]) { self.script = Mutex(script) }

  var disks: [WatchedDisk] { asked.withLock(\.self) }

  func disturbance(of disk: WatchedDisk) -> Disturbance? {
    asked.withLock { $0.append(disk) }
    return script.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
}

@Suite("R7: the disk that a question is about")
struct TargetWatchTests {
  private func identity(_ kind: TargetIdentity.Kind) -> TargetIdentity {
    TargetIdentity(
      kind: kind, path: "/dev/sdb", name: "x", id: "usb-00000000",
      geometry: BlockGeometry(
        byteCount: 1 << 20, logicalBlockSize: 512, physicalBlockSize: 512, isReadOnly: false,
        diskSequence: 9))
  }

  @Test("is looked after by its number and medium, and what became of it is kept")
  func watches() throws {
    let number = DeviceNumber(major: 8, minor: 16)
    let source = ScriptedSource([nil, .removed])
    let watch = try #require(TargetWatch(identity(.disk(number)), source))
    #expect(!watch.interruption.hasHappened() && watch.disturbance == nil)
    #expect(watch.interruption.hasHappened() && watch.disturbance == .removed)
    #expect(source.disks == [.init(number: number, diskSequence: 9), .init(number: number, diskSequence: 9)])
  }

  @Test("is none where it is a virtual stick, or where nobody tells")
  func nothingToWatch() {
    let file = TargetIdentity.Kind.virtualStick(fileSystem: DeviceNumber(major: 8, minor: 1), inode: 2)
    #expect(TargetWatch(identity(file), ScriptedSource([.removed])) == nil)
    #expect(TargetWatch(identity(.disk(DeviceNumber(major: 8, minor: 16))), nil) == nil)
  }
}

import BlockIO
import SystemPackage
import TestSupport
import Testing

@testable import DeviceProbe

@Suite("What happens to disks while a question is open")
struct HotPlugTests {
  private static let stick = DeviceNumber(major: 8, minor: 16)
  private static let other = DeviceNumber(major: 8, minor: 32)

  /// What an event with the stick's number means, where 9 is the medium that was asked about.
  private func meaning(_ action: String, _ sequence: UInt64?, isChange: Bool = false) -> Disturbance? {
    WatchedDisk(number: Self.stick, diskSequence: 9).disturbance(
      by: DeviceEvent(
        action: action, number: Self.stick, diskSequence: sequence, saysMediumChanged: isChange))
  }

  @Test("R7: the stick that is asked about is unplugged, or its card changed")
  func disturbances() {
    #expect(meaning("remove", 9) == .removed)
    #expect(meaning("remove", nil) == .removed)
    #expect(meaning("change", 10) == .mediumChanged)
    #expect(meaning("change", 10, isChange: true) == .mediumChanged)
    #expect(meaning("change", nil, isChange: true) == .mediumChanged)
    // The number has gone to another disk: the event of the removal was lost.
    #expect(meaning("add", 10) == .removed)
    #expect(meaning("remove", 10) == .removed)
  }

  @Test("R7: what udevd makes the kernel say again, and what is late, is none")
  func echoes() {
    for action in ["change", "add", "bind", "online", ""] { #expect(meaning(action, 9) == nil) }
    #expect(meaning("change", 9, isChange: true) == nil)
    for action in ["remove", "change", "add"] { #expect(meaning(action, 8) == nil) }
    for action in ["change", "add"] { #expect(meaning(action, nil) == nil) }
  }

  @Test("without diskseq a removal and a change of the medium are told all the same")
  func oldKernels() {
    let disk = WatchedDisk(number: Self.stick, diskSequence: nil)
    func meaning(_ action: String, isChange: Bool = false) -> Disturbance? {
      disk.disturbance(
        by: DeviceEvent(action: action, number: Self.stick, saysMediumChanged: isChange))
    }
    #expect(meaning("remove") == .removed)
    #expect(meaning("change", isChange: true) == .mediumChanged)
    #expect(meaning("change") == nil && meaning("add") == nil)
  }

  @Test("R7: nothing that happens to another disk disturbs", arguments: 0..<100 as Range<UInt64>)
  func others(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let actions = ["add", "remove", "change", "move", "offline"]
    let numbers = [nil, Self.other, DeviceNumber(major: 8, minor: 17), DeviceNumber(major: 65, minor: 16)]
    let event = DeviceEvent(
      action: actions.randomElement(using: &random) ?? "",
      number: numbers.randomElement(using: &random) ?? nil,
      diskSequence: [nil, 1, 9, 10].randomElement(using: &random) ?? nil,
      saysMediumChanged: .random(using: &random))
    #expect(WatchedDisk(number: Self.stick, diskSequence: 9).disturbance(by: event) == nil)
  }

  @Test("where events were lost, sysfs tells what became of the disk")
  func lostEvents() throws {
    let scratch = try ScratchDirectory()
    try scratch.run(
      """
      mkdir -p sys/devices/x/block/sdb sys/dev/block; echo 9 >sys/devices/x/block/sdb/diskseq
      ln -s ../../devices/x/block/sdb sys/dev/block/8:16
      """)
    let root = SystemRoot(directory: .init(scratch.path))
    func found(_ number: DeviceNumber, _ sequence: UInt64) -> Disturbance? {
      WatchedDisk(number: number, diskSequence: sequence).disturbanceInSysfs(root)
    }
    #expect(found(Self.stick, 9) == nil)
    #expect(found(Self.stick, 8) == .mediumChanged)
    #expect(found(Self.other, 9) == .removed)
  }
}

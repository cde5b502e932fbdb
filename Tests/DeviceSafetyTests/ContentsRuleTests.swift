import DeviceProbe
import Testing

@testable import DeviceSafety

@Suite("R25: what would be lost")
struct ContentsRuleTests {
  private static func stick(
    _ evidence: ContentEvidence?, fileSystem: String? = nil, inPartition: Bool = true
  ) -> DeviceSnapshot {
    Machine.idle().withStick { disk in
      var contents = Contents(table: inPartition ? .mbr : .none)
      if inPartition {
        var partition = Contents.Partition(number: 1, start: 1 << 20, byteCount: 1 << 20, type: "0x83")
        (partition.fileSystem, partition.evidence) = (fileSystem, evidence)
        contents.partitions = [partition]
      } else {
        (contents.fileSystem, contents.evidence) = (fileSystem, evidence)
      }
      disk.contents = contents
    }
  }

  private static let marked: [(ContentEvidence.Mark, Objection.ID, String)] = [
    (.windows, .operatingSystem, "--allow-system"), (.macOS, .operatingSystem, "--allow-system"),
    (.linux, .operatingSystem, "--allow-system"), (.chromeOS, .operatingSystem, "--allow-system"),
    (.freeBSD, .operatingSystem, "--allow-system"), (.encrypted, .encrypted, "--allow-encrypted"),
    (.looksEncrypted, .encrypted, "--allow-encrypted"), (.arrayMember, .arrayMember, "--allow-member"),
    (.hibernated, .hibernated, "--allow-hibernated"), (.timeMachine, .backup, "--allow-backup"),
    (.restic, .backup, "--allow-backup"), (.borg, .backup, "--allow-backup"),
    (.windowsBackup, .backup, "--allow-backup"), (.fileHistory, .backup, "--allow-backup"),
  ]

  @Test(
    "R25: each mark of more than data needs its own option, on the disk and in a partition",
    arguments: [true, false])
  func marks(inPartition: Bool) throws {
    for (mark, id, option) in Self.marked {
      let evidence = ContentEvidence(.data, marks: [mark])
      let assessment = try assess(Self.stick(evidence, fileSystem: "ext4", inPartition: inPartition))
      #expect(assessment.ids == [id], "\(mark)")
      #expect(assessment.safetyClass == .b)
      #expect(assessment.isSelectable)
      let objection = try #require(assessment.objections.first)
      #expect(objection.liftingOption == option)
      #expect(objection.rule == "R25")
      #expect(objection.text.contains(inPartition ? "partition 1 of sdb" : "sdb holds") || id == .arrayMember)
      #expect(assessment.lifting([id]).objections.isEmpty)
      let others = Set(Objection.ID.allCases).subtracting([id])
      #expect(!assessment.lifting(others).objections.isEmpty, "no other option lifts it")
    }
  }

  @Test("R25: data, photos, installers, appliances, unknown data and blank disks need no option")
  func plain() throws {
    let plain: [ContentEvidence] = [
      ContentEvidence(.data, usedBytes: 1 << 40, newest: 0, marks: [.photos]),
      ContentEvidence(.data, marks: [.installer]),
      ContentEvidence(.data, marks: [.appliance]), ContentEvidence(.unknown), ContentEvidence(.blank),
    ]
    for evidence in plain {
      for inPartition in [true, false] {
        #expect(try assess(Self.stick(evidence, inPartition: inPartition)).objections.isEmpty)
      }
    }
    // All marks without a reason are covered above.
    let free = Set(ContentEvidence.Mark.allCases).subtracting(Self.marked.map(\.0))
    #expect(free == [.photos, .installer, .appliance])
  }

  @Test(
    "R25: what contradicts itself or cannot be read is unknown content",
    arguments: [ContentEvidence.State.ambivalent, .unreadable])
  func unknown(state: ContentEvidence.State) throws {
    for inPartition in [true, false] {
      let assessment = try assess(Self.stick(ContentEvidence(state), inPartition: inPartition))
      #expect(assessment.ids == [.unknownContent])
      #expect(assessment.objections.first?.liftingOption == "--allow-unknown")
    }
    #expect(try assess(Machine.idle().withStick { $0.contents = .unreadable }).ids == [.unknownContent])
  }

  @Test("R25: several reasons need several options, one kind of reason is told once, and class C stays")
  func several() throws {
    let marks: [ContentEvidence.Mark] = [.linux, .encrypted, .restic, .borg]
    let snapshot = Self.stick(ContentEvidence(.data, marks: marks)).withStick { disk in
      let first = disk.contents?.partitions.first
      if let first { disk.contents?.partitions += Array(repeating: first, count: 9) }
    }
    let assessment = try assess(snapshot)
    #expect(assessment.ids == [.encrypted, .operatingSystem, .backup])
    #expect(assessment.objections.allSatisfy { $0.text.utf8.count < 400 && $0.text.contains("7 more") })
    let consent = SafetyPolicy.requiredConsent(
      for: assessment, id: "usb-1", serial: nil, namedBy: .path("/dev/sdb"))
    #expect(consent?.options == ["--allow-encrypted", "--allow-system", "--allow-backup"])
    let inside = try assess(snapshot.withStick { $0.transport = .sata })
    #expect(inside.safetyClass == .c)
    #expect(inside.ids == [.internalDisk, .encrypted, .operatingSystem, .backup])
  }

  @Test("R25: a disk that was not looked into is judged by the gate, not by a guess")
  func notLookedInto() throws {
    #expect(try assess(Self.stick(nil)).objections.isEmpty)
    #expect(try assess(Machine.idle()).objections.isEmpty)
  }
}

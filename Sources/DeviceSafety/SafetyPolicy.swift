public import DeviceProbe

/// All rules together: what speaks against writing to a disk, and what lifts it.
public enum SafetyPolicy {
  /// Every rule, in the order in which its objections are named.
  static var rules: [any SafetyRule.Type] {
    [
      WholeDiskRule.self, DiskKindRule.self, MediumRule.self, UnknownAttributeRule.self,
      SystemDiskRule.self, MountedRule.self, ForeignMountRule.self, SwapRule.self, HolderRule.self,
      BtrfsMemberRule.self, HiddenUseRule.self, LoopAttachedRule.self, EqualSerialRule.self,
      TransportRule.self, LargeRule.self, FixedMediumRule.self, RotationalRule.self, ContentsRule.self,
      BootDiskRule.self, RootNameRule.self, LiveMediumRule.self, ConfiguredRule.self,
      UnreadableClaimRule.self, ProtectedRule.self,
    ]
  }

  /// The numbers of all rules, each once.
  public static var ruleNumbers: [String] { rules.map { $0.number }.uniqued() }

  /// Applies every rule to a device.
  ///
  /// Pure: the same snapshot and request always give the same answer.
  public static func assess(
    _ disk: BlockDevice, in snapshot: DeviceSnapshot, _ request: SafetyRequest = SafetyRequest()
  ) -> Assessment {
    assess(disk, in: SnapshotLinks(SnapshotIndex(snapshot)), request)
  }

  /// Applies every rule to each of some devices, of which there may be hundreds.
  public static func assess(
    _ disks: [BlockDevice], in index: SnapshotIndex, _ request: SafetyRequest = SafetyRequest()
  ) -> [Assessment] {
    let links = SnapshotLinks(index)
    return disks.map { assess($0, in: links, request) }
  }

  private static func assess(
    _ disk: BlockDevice, in links: SnapshotLinks, _ request: SafetyRequest
  ) -> Assessment {
    let candidate = Candidate(disk, in: links)
    return Assessment(
      objections: rules.flatMap { $0.objections(for: candidate, in: links.index.snapshot, request) })
  }

  /// What the person has to give before a disk is written; nil where nothing suffices (class X).
  ///
  /// - Parameters:
  ///   - id: the ID of the target, which is typed.
  ///   - serial: the serial number, or the world wide name where there is none.
  ///   - argument: how the target was named; naming it by its ID spares `--confirm`.
  public static func requiredConsent(
    for assessment: Assessment, id: String, serial: String?, namedBy argument: TargetArgument
  ) -> Consent? {
    let isClassC = assessment.safetyClass == .c
    guard assessment.safetyClass < .x, !isClassC || serial != nil else { return nil }
    return Consent(
      id: id, isNamedByID: argument.namesID(id),
      options: assessment.objections.compactMap(\.liftingOption).uniqued(),
      serial: isClassC ? serial : nil)
  }
}

extension Array where Element: Hashable {
  /// The elements without repetitions, in order of first appearance.
  func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}

extension Assessment {
  /// What is left when named options have lifted what they can.
  public func lifting(_ lifted: Set<Objection.ID>) -> Assessment {
    Assessment(objections: objections.filter { $0.liftingOption == nil || !lifted.contains($0.id) })
  }
}

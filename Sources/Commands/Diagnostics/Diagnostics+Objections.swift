import DeviceSafety
import Terminal

extension Diagnostic {
  /// Words for a disk that the rules forbid: the gravest objection names the error, all are told.
  init(_ assessment: Assessment, target: String) {
    let gravest = assessment.safetyClass
    let decisive = assessment.objections.filter { $0.severity == gravest }
    guard let first = decisive.first else {
      self.init(.targetUnknown, .targetRefused, "\(target) will not be written")
      return
    }
    self.init(
      first.id.diagnosticID, first.id.exit, first.id.summary(target),
      because: decisive.map(\.evidence), toFix: Self.remedy(for: assessment))
  }

  private static func remedy(for assessment: Assessment) -> SanitizedText {
    let another: SanitizedText = "choose another disk: `burin list` shows those that can be written"
    let options = assessment.objections.compactMap(\.liftingOption)
    switch assessment.safetyClass {
    case .x:
      switch assessment.objections.first?.id {
      case .mounted: return "\(another); or add `--unmount`, if nobody needs what is on it"
      case .noMedium: return "put a medium in and begin anew"
      case .readOnly: return DeviceTrouble.readOnly.remedy
      case .protected: return "\(another); `burin protect remove` takes one off the list"
      case .protectListBroken:
        return "put the list right: `burin protect list` shows what of it is understood"
      default: return another
      }
    default:
      let flags = options.map { SanitizedText(foreign: $0) }.joined(separator: " ")
      return "\(another); or add \(flags), if this is the disk that you mean"
    }
  }
}

extension Objection {
  /// The sentence, which goes down the whole chain; JSON has the chain in steps besides.
  var evidence: SanitizedText { SanitizedText(sentence: text) }
}

extension Objection.ID {
  /// The error that it becomes when somebody wants to write to the disk.
  var diagnosticID: DiagnosticID {
    switch self {
    case .notWholeDisk: .targetIsPartition
    case .notADisk: .targetNotADisk
    case .noMedium: .targetNoMedium
    case .readOnly: .targetReadOnly
    case .mounted, .swap, .held, .btrfsMember, .loopAttached, .exported, .busy: .targetInUse
    case .systemDisk: .targetSystem
    case .holdsImage: .targetHoldsImage
    case .unknownAttribute: .targetUnknown
    case .ambiguous: .targetAmbiguous
    case .protected: .targetProtected
    case .protectListBroken: .protectListBroken
    case .internalDisk: .targetInternal
    case .large, .fixedMedium, .rotational, .external: .targetNeedsOption
    case .configured, .systemClone, .bootedFrom: .targetNeedsOption
    case .arrayMember, .encrypted, .operatingSystem, .hibernated, .backup, .unknownContent: .targetHoldsMore
    }
  }

  /// A medium that is missing or locked is the device's failure, everything else a refusal for safety.
  var exit: ExitStatus {
    switch self {
    case .noMedium, .readOnly: .deviceFailed
    default: .targetRefused
    }
  }

  fileprivate func summary(_ target: String) -> SanitizedText {
    switch self {
    case .notWholeDisk: "\(target) is not a whole disk and will not be written"
    case .notADisk: "\(target) is not a stick and will not be written"
    case .noMedium: "\(target) has no medium in it"
    case .readOnly: "\(target) is write-protected"
    case .mounted, .swap, .held, .btrfsMember, .loopAttached, .exported, .busy:
      "\(target) is in use and will not be written"
    case .systemDisk: "\(target) belongs to the running system and will not be written"
    case .holdsImage: "\(target) holds the image and will not be written"
    case .unknownAttribute: "\(target) cannot be judged and will not be written"
    case .protected: "\(target) is protected and will not be written"
    case .protectListBroken: "the list of protected disks is broken, and \(target) will not be written"
    case .ambiguous: "\(target) may mean more than one disk and will not be written"
    case .internalDisk: "\(target) is an internal disk"
    case .large, .fixedMedium, .rotational, .external: "\(target) is no usual stick"
    case .configured: "\(target) may be needed by this system"
    case .systemClone: "\(target) seems to be a copy of the system's disk"
    case .bootedFrom: "\(target) seems to be what this system was booted from"
    case .arrayMember: "\(target) is a part of something larger"
    case .encrypted: "\(target) holds encrypted data"
    case .operatingSystem: "\(target) holds an operating system"
    case .hibernated: "\(target) holds a sleeping session"
    case .backup: "\(target) holds backups"
    case .unknownContent: "what \(target) holds cannot be told"
    }
  }
}

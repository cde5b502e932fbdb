/// Whether what UEFI would start is signed, which is the least that Secure Boot asks for.
package enum SecureBootRule {
  package typealias Answer = ImageReport.BootVerdicts.Answer

  /// The answer for the loaders on the stick or, where there are none, for those to be copied onto one.
  package static func answer(_ facts: BootFacts) -> Answer {
    let loaders = Self.loaders(facts)
    // Where nothing was found yet, any volume may hold a loader; else those that are made for one.
    let unseen = facts.volumes.filter(\.isUnseen)
    if loaders.isEmpty ? facts.mayHaveUnseenLoader : unseen.contains(where: \.origin.promisesFAT) {
      return facts.unseen("what UEFI may start")
    }
    guard !loaders.isEmpty else {
      return StickUEFIRule.beyond(facts) ?? Answer(.no, "nothing was found that UEFI starts")
    }
    let unsigned = names(loaders.filter { !$0.isSigned })
    let signed = names(loaders.filter(\.isSigned))
    if unsigned.isEmpty {
      return Answer(
        .yes,
        signed.count > 1
          ? "\(list(signed)) are signed; whether the signers are trusted is for the firmware to say"
          : "\(list(signed)) is signed; whether the signer is trusted is for the firmware to say")
    }
    guard !signed.isEmpty else {
      return Answer(
        .no,
        unsigned.count > 1
          ? "\(list(unsigned)) are not signed, so firmware with Secure Boot refuses them"
          : "\(list(unsigned)) is not signed, so firmware with Secure Boot refuses it")
    }
    return Answer(.unknown, "of the loaders, signed: \(list(signed)); not signed: \(list(unsigned))")
  }

  /// What firmware may start: the loaders of the volumes, and where there are none those of the disc's own tree.
  package static func loaders(_ facts: BootFacts) -> [LoaderFacts] {
    let onStick = facts.volumes.flatMap(\.loaders).filter(\.isStartable)
    return onStick.isEmpty ? (facts.tree?.loaders.filter(\.isStartable) ?? []) : onStick
  }

  /// The file names, each once.
  private static func names(_ loaders: [LoaderFacts]) -> [String] {
    var seen: Set<String> = []
    return loaders.map { $0.path.split(separator: "/").last.map(String.init) ?? $0.path }
      .filter { seen.insert($0.uppercased()).inserted }
  }

  private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}

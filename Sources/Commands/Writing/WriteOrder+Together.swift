import DeviceProbe
import DeviceSafety
import Terminal

/// What is said of all targets of a run that has several.
struct TogetherOrder: Hashable {
  /// The targets as they were given.
  let targets: [String]
  /// The files of `--receipt`; one for each target, or none.
  let receipts: [String]
  /// `--confirm`, as often as it was given.
  let confirmed: [String]
  /// `--confirm-serial`, as often as it was given.
  let serials: [String]
}

extension WriteOrder {
  /// The orders of all targets of one run; each says the same of the image.
  func each(of together: TogetherOrder) -> [WriteOrder] {
    together.targets.indices.map { index in
      var order = self
      order.target = together.targets[index]
      order.receipt = together.receipts.isEmpty ? nil : together.receipts[index]
      order.confirmed = together.confirmed.first
      order.serial = together.serials.first
      let isPlain = [together.targets, together.confirmed, together.serials].allSatisfy { $0.count < 2 }
      order.together = isPlain ? nil : together
      return order
    }
  }

  /// The order with what of all confirmations is meant for the target that is held open.
  func confirmed(for consent: Consent) -> WriteOrder {
    guard let together else { return self }
    var order = self
    order.confirmed = together.confirmed.first { $0 == consent.id }
    order.serial = together.serials.first { $0 == consent.serial }
    return order
  }
}

extension WriteParty {
  /// Refuses where two arguments name the same disk, before any is opened.
  func requireDistinct() throws(Refusal) {
    guard orders.count > 1 else { return }
    let snapshot = orders[0].snapshot(in: context)
    var names: [TargetIdentity.Kind: String] = [:]
    try each(orders) { order throws(Refusal) in
      let kind: TargetIdentity.Kind
      do throws(GateError) { kind = try TargetArgument(parsing: order.target).kind(in: snapshot) } catch {
        throw order.refusal(error, signal: context.stopSignal())
      }
      if let other = names.updateValue(order.target, forKey: kind) {
        throw Refusal(diagnostic: .targetTwice(other, order.target))
      }
    }
  }

  /// Refuses a confirmation that belongs to none of the targets: somebody has looked at another listing.
  func requireMeant(_ members: [PartyMember]) throws(Refusal) {
    guard let together = orders[0].together else { return }
    let ids = members.map(\.consent.id)
    let serials = members.compactMap(\.consent.serial)
    if let stray = together.confirmed.first(where: { !ids.contains($0) }) {
      throw Refusal(diagnostic: .confirmationStray(stray))
    }
    if let stray = together.serials.first(where: { !serials.contains($0) }) {
      throw Refusal(diagnostic: .confirmationStray(stray))
    }
  }
}

extension Diagnostic {
  /// Words for a disk that is named twice.
  static func targetTwice(_ first: String, _ second: String) -> Diagnostic {
    Diagnostic(
      .targetTwice, .targetRefused, "two targets are the same disk, and nothing is written",
      because: first == second
        ? ["\(first) is named twice"] : ["\(first) and \(second) lead to the same disk"],
      toFix: "name each disk once, by its ID from `burin list`")
  }

  /// Words for a confirmation of something that is no target.
  static func confirmationStray(_ given: String) -> Diagnostic {
    Diagnostic(
      .confirmationWrong, .targetRefused, "\(given) was confirmed, and is none of the targets",
      toFix: "look again whether these are the disks that you mean")
  }

  /// Words for a target that is left alone because of another one.
  static func notBegun(_ target: String) -> Diagnostic {
    Diagnostic(
      .notBegun, .cancelled, "nothing was written to \(target): another target was refused",
      toFix: "leave the other one out, or do for it what its own message says")
  }
}

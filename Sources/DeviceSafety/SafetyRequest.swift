/// What the person allows and wants, as far as a rule asks for it.
public struct SafetyRequest: Hashable, Sendable {
  /// The objections that were lifted by their named options; only those of class B and C can be.
  public var lifted: Set<Objection.ID>
  /// `--allow-loop`: loop devices count as sticks, for tests.
  public var allowsLoop: Bool
  /// Nothing is to be written, only listed: what the person may not read is no reason against a disk then.
  public var isForListing = false
  /// The disk has not been opened yet: what is on it is read through the descriptor that will hold it.
  var awaitsContents = false
  /// The target was named through a symbolic link, which text from devices may have made.
  public var isNamedByLink: Bool
  /// The block size of a virtual stick, in bytes.
  public var virtualBlockSize: Int

  /// Creates a request that allows nothing beyond class A.
  public init(
    lifting lifted: Set<Objection.ID> = [], allowsLoop: Bool = false, isNamedByLink: Bool = false,
    virtualBlockSize: Int = 512
  ) {
    self.lifted = lifted
    self.allowsLoop = allowsLoop
    self.isNamedByLink = isNamedByLink
    self.virtualBlockSize = virtualBlockSize
  }
}

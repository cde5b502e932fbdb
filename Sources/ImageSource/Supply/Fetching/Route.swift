/// Which URL is asked next: from the one that was given, over those that servers send it on to.
struct Route: Hashable {
  /// The URL that is asked.
  private(set) var url: SecretURL
  private let first: SecretURL
  private var turns = 0

  /// How often a server may send it on.
  static let longest = 10

  init(_ url: SecretURL) {
    self.url = url
    first = url
  }

  /// Whether a server has sent it on.
  var hasTurned: Bool { turns > 0 }

  /// Whether the server that is asked is the one that name and password were given for.
  var isAtOrigin: Bool { url.origin == first.origin }

  /// Goes back to the URL that was given: where it was sent on to may have been good for a while only.
  mutating func beginAgain() { self = Route(first) }

  /// Goes where a server says, as far as it may say that.
  mutating func turn(to text: String) throws(FetchFailure) {
    turns += 1
    guard turns <= Self.longest else { throw .redirects }
    // What was protected once is never again asked for in the open.
    guard let next = SecretURL(text), next.isFetchable, next.isProtected || !url.isProtected else {
      throw .insecureRedirect
    }
    url = next
  }
}

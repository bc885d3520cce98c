/// Who is calling, as the upstream knows them.
///
/// Made by whatever proves an identity: Basic credentials today; a JWT's subject or a client certificate's name fits as well.
package struct Principal: Sendable, Hashable {
    /// What the upstream calls them in its records: the staff id. Numbers in decimal.
    package var id: String
    /// What people call them; for records, never for decisions: names can be changed.
    package var name: String

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

//! Which batches can be taken back as a whole (I-9), and why the others cannot.

/// What a batch changed that can be taken back. Who does it is a room above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undoing {
    Prices,
    Stock,
    Listing,
}

impl Undoing {
    /// # Errors
    /// The text key of why not.
    pub fn of(method: &str) -> Result<Self, &'static str> {
        match method {
            "prod.price.update" | "sku.price.update" => Ok(Undoing::Prices),
            "sku.inventory.update" | "sku.inventory.adjust" => Ok(Undoing::Stock),
            "prod.shelf.update" => Ok(Undoing::Listing),
            // Matching, audit and listing have gone on from there.
            "prod.add_or_edit" | "sku.add_or_edit" | "catalog.add_or_edit" | "catalog.add" | "catalog.edit" => Err("undo-not-goods"),
            "prod.batch.replace" => Err("undo-not-lots"),
            _ => Err("undo-not-happened"),
        }
    }
}

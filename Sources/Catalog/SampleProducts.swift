/// The built-in catalogue, a museum's shop: what GET /api/products shows when no file is given.
package struct SampleProducts: ProductStore {
  package let snapshot = CatalogSnapshot(products: SampleProducts.products)

  package init() {}

  /// Made up, and no claim about any real shop. They show what callers should cope with: accents, quotes, several
  /// currencies (one without a minor unit), no stock, no tags, a price of 0.
  package static let products: [Product] = [
    Product(
      id: "vitrine-mini", name: "Desk Showcase", description: "A glass case of 20 cm for one thing that matters.",
      price: 4900, currency: "EUR", tags: ["glass", "display"], stock: 14),
    Product(
      id: "swift-print-1887", name: "Common Swift, 1887", description: "Art print after a steel engraving, 30 × 40 cm.",
      price: 2450, currency: "EUR", tags: ["print", "birds"], stock: 62),
    Product(
      id: "astrolabe-replica", name: "Astrolabe",
      description: "Brass replica; tells the hour by sun or star, to ±10 minutes.",
      price: 18900, currency: "EUR", tags: ["brass", "replica", "instrument"], stock: 3),
    Product(
      id: "ammonite-pair", name: "Ammonite, Cut and Polished",
      description: "Two halves of one fossil, about 110 million years old.",
      price: 3200, currency: "EUR", tags: ["fossil"], stock: 9),
    Product(
      id: "cyanotype-kit", name: "Cyanotype Kit", description: "Ten sheets of paper that turn blue in the sun.",
      price: 1790, currency: "GBP", tags: ["craft", "photography"], stock: 40),
    Product(
      id: "netsuke-hare", name: "Netsuke “Hare”", description: "Cast resin after an 18th century toggle of boxwood.",
      price: 3800, currency: "JPY", tags: ["replica", "japan"], stock: 7),
    Product(
      id: "codex-notebook", name: "Codex Notebook", description: "192 pages, thread-bound, opens flat.",
      price: 1250, currency: "EUR", tags: ["paper"], stock: 120),
    Product(
      id: "butterfly-magnets", name: "Butterfly Magnets",
      description: "Six species in enamel; no butterfly was pinned for them.",
      price: 990, currency: "EUR", tags: ["enamel", "insects"], stock: 0),
    Product(
      id: "moai-bookends", name: "Moai Bookends",
      description: "Two of cast stone, 1.8 kg each. They look away from each other.",
      price: 5900, currency: "USD", tags: ["stone", "replica"], stock: 5),
    Product(
      id: "curators-gloves", name: "Curator's Gloves", description: "White cotton, one pair, sizes 6 to 10.",
      price: 650, currency: "EUR", tags: ["textile"], stock: 300),
    Product(
      id: "blue-whale-postcard", name: "Postcard “Blue Whale, Actual Size (1 of 4,200)”",
      description: "Collect them all.", price: 120, currency: "EUR", tags: ["paper", "whale"], stock: 4200),
    Product(
      id: "orrery-wood", name: "Orrery",
      description: "Eight planets of pear wood, with a crank. Assembles without glue.",
      price: 7400, currency: "EUR", tags: ["wood", "astronomy", "kit"], stock: 11),
    Product(
      id: "label-holder", name: "Label Holder", description: "Brass, for the name of whatever stands above it.",
      price: 380, currency: "EUR", tags: ["brass", "display"], stock: 85),
    Product(
      id: "floor-plan", name: "Floor Plan", description: "Where everything is. Free at the entrance.",
      price: 0, currency: "EUR", tags: [], stock: 9999),
  ]
}

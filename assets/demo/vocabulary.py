"""Words to compose a believable French portfolio from. Every company and every person is made up."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """A tuple of the words of a text."""
    return tuple(text.split())


SURNAMES = words(
    "Achard Baudry Belloc Bonnefoy Bourdin Brochard Cailleau Castaing Chauvel Colombier Couderc Darras Delmas "
    "Desvignes Drouet Dufresne Escoffier Fabre Fauchet Ferrand Gaillard Garnier Gaubert Giraudet Gosselin Guérin "
    "Hamelin Jaubert Joly Labarre Lacaze Lafont Lambert Lavigne Leblond Leclercq Legrand Lemaire Maillet Marchand "
    "Maréchal Maurin Mercier Meunier Monteil Morvan Nicolle Noiret Pasquier Paulet Perrault Picard Poitevin "
    "Prévost Quesnel Rabier Renaud Ricard Rivière Rousseau Sabatier Salomon Savary Serrano Tessier Thibault "
    "Tournier Vasseur Verdier Vidal Villard Vinet"
)

FIRST_NAMES = words(
    "Adèle Alexis Amandine Antoine Aurélie Bastien Camille Cédric Charlotte Clément Élodie Émile Fanny Florian "
    "Gaëlle Guillaume Hélène Hugo Inès Jérôme Julie Karim Laure Léa Louis Lucie Malik Margaux Mathieu Nadia "
    "Nicolas Noémie Olivier Pauline Quentin Romain Sabine Samuel Sarah Sophie Théo Thomas Valentin Yann Yasmine "
    "Zoé"
)

# What the company does, and how it is named; {s} a surname, {p} a place name.
TRADES = (
    "Boulangerie {s}",
    "Boulangerie du {p}",
    "Garage {s}",
    "Garage du {p}",
    "Menuiserie {s}",
    "Charpente {s} et Fils",
    "Plomberie {s}",
    "Électricité {s}",
    "Maçonnerie {s}",
    "Transports {s}",
    "Taxi {s}",
    "Pharmacie du {p}",
    "Pharmacie {s}",
    "Optique du {p}",
    "Restaurant Le {p}",
    "Hôtel du {p}",
    "Brasserie du {p}",
    "Café du {p}",
    "Fleurs du {p}",
    "Coiffure {s}",
    "Institut du {p}",
    "Librairie du {p}",
    "Imprimerie {s}",
    "Cabinet médical du {p}",
    "Architectes {s} Associés",
    "Agence {s}",
    "Conseil {s}",
    "Informatique {s}",
    "Studio du {p}",
    "Vignobles {s}",
    "Ferme du {p}",
    "Paysages {s}",
    "Jardins du {p}",
    "Nettoyage {s}",
    "Ambulances du {p}",
    "Auto-école du {p}",
    "Crèche du {p}",
    "Fromagerie {s}",
    "Boucherie {s}",
    "Traiteur {s}",
    "Caves du {p}",
    "Métallerie {s}",
    "Chauffage {s}",
    "Peinture {s}",
    "Isolation {s}",
    "Négoce {s}",
)
PROPERTY_TRADES = ("{p}", "{s}", "Les Terrasses du {p}", "Immobilière {s}", "Résidence du {p}")

PLACES = words(
    "Beffroi Belvédère Bocage Canal Centre Château Clocher Cloître Coteau Donjon Faubourg Fournil Lavoir Marché "
    "Moulin Pavillon Phare Port Prieuré Quai Relais Ruisseau Square Théâtre Tilleul Val Verger Viaduc"
)

CITIES = (
    ("Angers", "49000"),
    ("Annecy", "74000"),
    ("Arras", "62000"),
    ("Aurillac", "15000"),
    ("Auxerre", "89000"),
    ("Bayonne", "64100"),
    ("Beauvais", "60000"),
    ("Besançon", "25000"),
    ("Blois", "41000"),
    ("Bordeaux", "33000"),
    ("Bourges", "18000"),
    ("Caen", "14000"),
    ("Cahors", "46000"),
    ("Chartres", "28000"),
    ("Cholet", "49300"),
    ("Colmar", "68000"),
    ("Dijon", "21000"),
    ("Évreux", "27000"),
    ("Gap", "05000"),
    ("Grenoble", "38000"),
    ("La Rochelle", "17000"),
    ("Laval", "53000"),
    ("Le Mans", "72000"),
    ("Lille", "59000"),
    ("Limoges", "87000"),
    ("Lorient", "56100"),
    ("Lyon", "69003"),
    ("Metz", "57000"),
    ("Montauban", "82000"),
    ("Nantes", "44000"),
    ("Nevers", "58000"),
    ("Nîmes", "30000"),
    ("Niort", "79000"),
    ("Orléans", "45000"),
    ("Pau", "64000"),
    ("Périgueux", "24000"),
    ("Poitiers", "86000"),
    ("Quimper", "29000"),
    ("Reims", "51100"),
    ("Rennes", "35000"),
    ("Rodez", "12000"),
    ("Rouen", "76000"),
    ("Saint-Brieuc", "22000"),
    ("Saumur", "49400"),
    ("Tours", "37000"),
    ("Troyes", "10000"),
    ("Valence", "26000"),
    ("Vannes", "56000"),
    ("Vichy", "03200"),
)

STREETS = (
    "rue de la République",
    "avenue du Général-Leclerc",
    "rue des Lilas",
    "place de la Mairie",
    "boulevard Gambetta",
    "rue Jean-Jaurès",
    "zone artisanale des Prés",
    "quai de la Marne",
    "rue du Stade",
    "chemin des Vignes",
    "allée des Platanes",
    "route de Paris",
    "rue Pasteur",
    "impasse du Four",
)

WORK_DONE = {
    "TENUE": (
        "Saisie des pièces",
        "Rapprochement bancaire",
        "Déclaration de TVA",
        "Lettrage des comptes",
        "Relance des pièces",
    ),
    "BILAN": ("Révision des cycles", "Liasse fiscale", "Inventaire", "Revue analytique", "Rendez-vous de bilan"),
    "SOCIAL": ("Établissement des bulletins", "Contrôle de la DSN", "Réponse à l'employeur", "Variables de paie"),
    "JURIDIQUE": ("Rédaction du procès-verbal", "Formalités au greffe", "Mise à jour des statuts"),
    "CONSEIL": ("Prévisionnel", "Tableau de bord", "Étude de rémunération", "Réunion avec le dirigeant"),
}

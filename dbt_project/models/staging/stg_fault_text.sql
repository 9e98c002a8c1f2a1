-- What a person reads when a letter is refused.
select
    fault,
    reason_fr,
    reason_en,
from (
    values
    ('UNKNOWN_CLIENT_FILE', 'dossier client inconnu : livrer client_file, ou corriger la lettre',
        'unknown client file: deliver client_file, or correct the letter'),
    ('UNKNOWN_FISCAL_YEAR', 'exercice inconnu pour ce dossier : livrer fiscal_year, ou corriger la lettre',
        'unknown fiscal year for this client file: deliver fiscal_year, or correct the letter'),
    ('UNKNOWN_MISSION', 'mission inconnue : livrer mission, ou corriger la lettre',
        'unknown mission: deliver mission, or correct the letter'),
    ('MISSION_OF_ANOTHER_FILE', 'la mission appartient à un autre dossier',
        'the mission belongs to another client file'),
    ('INSTALMENTS_DIFFER_FROM_LINE', 'la somme des échéances diffère du montant de la ligne ; somme trouvée',
        'the instalments do not add up to the amount of the line; they sum to'),
    ('LINES_DIFFER_FROM_TOTAL', 'la somme des échéances diffère du total de la lettre ; somme trouvée',
        'the instalments do not add up to the total of the letter; they sum to'),
    ('OUTSIDE_MISSION', 'échéance hors des dates de la mission',
        'instalment outside the dates of the mission'),
    ('NO_DUE_DATE', 'plus d''échéances que de périodes : indiquer first_due_date, ou corriger instalments',
        'more instalments than periods: give first_due_date, or correct instalments'),
    ('NO_AMOUNT', 'montant de l''échéance impossible à déterminer ; échéance n°',
        'the amount of the instalment cannot be told; instalment no.'),
    ('UNREADABLE_ADJUSTMENT',
        'valeur illisible pour cet ajustement : un pourcentage de 0 à 100 (DISCOUNT_PCT), un montant à deux décimales (SET_AMOUNT) ou un mois AAAA-MM (POSTPONE)',
        'value unreadable for this adjustment: a percentage from 0 to 100 (DISCOUNT_PCT), an amount with two decimals (SET_AMOUNT) or a month YYYY-MM (POSTPONE)'),
    ('NO_INSTALMENT', 'ligne forfaitaire sans échéance : indiquer schedule ou instalments',
        'flat line without instalment: give schedule or instalments')
) as text (fault, reason_fr, reason_en)

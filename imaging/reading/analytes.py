"""What laboratories of children's hospitals call their tests and their headings: no such word is a label misread.

`CRP` is one letter from CURP, `Células` from celular, `ACT` from acct. They are no names either, but that is for
`lab_words` to say: what is written there stays also where a child is called alike.
"""

from imaging.reading.lab_words import LAB_WORDS
from imaging.reading.short_words import SIGNS
from imaging.reading.spelling import fold

_ENGLISH = """
CRP, hs-CRP, C-reactive protein, CRP quantitative, Procalcitonin, PCT, ESR, Sed rate, Serum amyloid A, Ferritin,
Iron, TIBC, Transferrin saturation, Folic acid, Folate, RBC folate, Vitamin A, Vitamin B1, Vitamin B6, Vitamin B12,
Vitamin C, 25-OH vitamin D, Vitamin E, Vitamin K, Zinc, Copper, Selenium, Lead, Mercury, Arsenic, Cadmium,
Manganese, Aluminum, WBC, RBC, Hemoglobin, Hematocrit, MCV, MCH, MCHC, RDW, Platelets, MPV, Neutrophils, ANC,
Lymphocytes, Monocytes, Eosinophils, Basophils, Bands, Segs, Blasts, Nucleated RBC, Reticulocytes, Retic count,
Immature granulocytes, Cell count, Nucleated cells, Clue cells, Target cells, Sickle cells, Burr cells, Tear drops,
Smudge cells, Sodium, Potassium, Chloride, Carbon dioxide, Bicarbonate, Anion gap, BUN, Urea nitrogen, Creatinine,
eGFR, Cystatin C, Glucose, Fasting glucose, Calcium, Ionized calcium, Phosphorus, Magnesium, Albumin, Prealbumin,
Total protein, Globulin, A/G ratio, Alk phos, Alkaline phosphatase, ALT, AST, GGT, LDH, Bilirubin, Direct bilirubin,
Delta bilirubin, Bile acids, Ammonia, Lactate, Pyruvate, Uric acid, Amylase, Lipase, Trypsinogen, Elastase,
Calprotectin, Lactoferrin, Fecal fat, Stool fat, Reducing sugars, Occult blood, Cholesterol, HDL, LDL, VLDL,
Triglycerides, Apo B, Lp(a), CK, CPK, CK-MB, Aldolase, Myoglobin, Troponin, BNP, NT-proBNP, D-dimer, Fibrinogen, PT,
INR, PTT, aPTT, ACT, Thrombin time, Factor VIII, Factor IX, Factor V, vWF antigen, Protein C, Protein S,
Antithrombin, Lupus anticoagulant, Cardiolipin, TSH, Free T4, T4, Free T3, T3, T3 uptake, TPO, TRAb, Thyroglobulin,
Cortisol, ACTH, Aldosterone, Renin, DHEA-S, 17-OHP, Androstenedione, Testosterone, Estradiol, Progesterone, LH, FSH,
Prolactin, AMH, Inhibin B, hCG, IGF-1, IGFBP-3, Growth hormone, Insulin, C-peptide, HbA1c, A1c, Fructosamine, PTH,
Osteocalcin, Calcitonin, Gastrin, Metanephrine, VMA, HVA, AFP, CEA, CA 125, Tumor markers, NSE, IgG, IgA, IgM, IgE,
IgD, Total IgE, Peanut IgE, Egg white, Cow's milk, Casein, Wheat, Soybean, Walnut, Cashew, Sesame, Shrimp, Codfish,
Cod, Mold, Dust mite, Cat dander, Dog dander, Tryptase, C3, C4, CH50, C1 esterase, ANA, dsDNA, RNP, SSA, SSB,
Scl-70, Jo-1, RF, CCP, ANCA, PR3, MPO, ASCA, LKM, Smooth muscle, Mitochondrial, tTG IgA, DGP, EMA, GAD65, IA-2,
ZnT8, ASO, Anti-DNase B, Strep A, Rapid strep, Group A strep, Mono spot, EBV, CMV, HSV, VZV, HIV, HAV, HBsAg, HBV,
HCV, RSV, Flu A, Flu B, COVID-19, Parvovirus, Adenovirus, Rotavirus, Norovirus, Giardia, Shiga toxin, C. difficile,
H. pylori, Pertussis, Lyme, Bartonella, Brucella, Toxoplasma, Rubella, Measles, Mumps, RPR, Quantiferon, TB Gold,
Gram stain, Blood culture, Urine culture, Throat culture, Stool culture, Color, Clarity, Turbidity, Specific
gravity, pH, Ketones, Nitrite, Leukocyte esterase, Urobilinogen, Casts, Crystals, Epithelial cells, Squamous cells,
Bacteria, Yeast, Mucus, Protein/creatinine, Microalbumin, Calcium/creatinine, Osmolality, pCO2, pO2, HCO3, Base
excess, O2 sat, Carboxyhemoglobin, Methemoglobin, Tacrolimus, Cyclosporine, Vancomycin, Gentamicin, Valproate,
Phenytoin, Phenobarbital, Carbamazepine, Levetiracetam, Lithium, Digoxin, Caffeine, Acetaminophen, Salicylate,
Ethanol, Methotrexate, G6PD, Haptoglobin, Coombs, Hb F, Hb S, Hb A2, Ceruloplasmin, Alpha-1 antitrypsin, Sweat
chloride, Carnitine, Acylcarnitine, Amino acids, Organic acids, Homocysteine, Biotinidase, Galactose, CURB, CURB-65,
CUP, Oxalate, Citrate, Cystine, Interleukin 6, IL-6, sIL-2R, CD3, CD4, CD8, CD19
"""
_SPANISH = """
PCR, Proteína C reactiva, PCR ultrasensible, Procalcitonina, VSG, Ferritina, Hierro, Saturación de transferrina,
Ácido fólico, Folato, Fólico, Vitamina A, Vitamina B12, Vitamina D, Vitamina E, Cinc, Zinc, Cobre, Selenio, Plomo,
Mercurio, Arsénico, Leucocitos, Eritrocitos, Hemoglobina, Hematocrito, VCM, HCM, CHCM, ADE, Plaquetas, VPM,
Neutrófilos, Linfocitos, Monocitos, Eosinófilos, Basófilos, Bandas, Segmentados, Blastos, Reticulocitos, Células,
Células epiteliales, Células nucleadas, Células LE, Conteo celular total, Recuento de células, Sodio, Potasio,
Cloro, Dióxido de carbono, Bicarbonato, Brecha aniónica, Nitrógeno ureico, Urea, Creatinina, Glucosa, Glucosa en
ayunas, Calcio, Calcio iónico, Fósforo, Magnesio, Albúmina, Prealbúmina, Proteínas totales, Globulina, Relación A/G,
Fosfatasa alcalina, TGO, TGP, Bilirrubina total, Bilirrubina directa, Ácidos biliares, Amonio, Lactato, Piruvato,
Ácido úrico, Ácido láctico, Ácido vanililmandélico, Amilasa, Lipasa, Elastasa, Calprotectina, Grasa fecal, Sangre
oculta, Azúcares reductores, Colesterol, Triglicéridos, Aldolasa, Mioglobina, Troponina, Dímero D, Fibrinógeno, TP,
TTP, Tiempo de protrombina, Tiempo de tromboplastina, Factor VIII, Proteína S, Antitrombina, T4 libre, T3 total,
Tiroglobulina, Cortisol, Corticotropina, Aldosterona, Renina, Testosterona, Progesterona, Prolactina, Hormona de
crecimiento, Insulina, Péptido C, Hemoglobina glucosilada, Paratohormona, Calcitonina, Gastrina, Marcador tumoral,
Inmunoglobulina A, IgE total, Clara de huevo, Leche de vaca, Caseína, Trigo, Soya, Cacahuate, Nuez, Camarón,
Bacalao, Moho, Ácaro del polvo, Caspa de gato, Caspa de perro, Polen de enebro, Triptasa, Complemento C3, Factor
reumatoide, Anticuerpos antinucleares, Músculo liso, Antiestreptolisina, Estreptococo A, Influenza A, Sarampión,
Rubéola, Paperas, Tosferina, Toxina Shiga, Tinción de Gram, Hemocultivo, Urocultivo, Coprocultivo, Exudado faríngeo,
Color, Aspecto, Turbidez, Densidad, Cetonas, Nitritos, Esterasa leucocitaria, Urobilinógeno, Cilindros, Cristales,
Bacterias, Levaduras, Moco, Proteína/creatinina, Microalbúmina, Osmolalidad, Exceso de base, Saturación de oxígeno,
Fenitoína, Fenobarbital, Carbamazepina, Valproato, Litio, Digoxina, Cafeína, Paracetamol, Salicilato, Haptoglobina,
Ceruloplasmina, Cloro en sudor, Carnitina, Aminoácidos, Homocisteína, Oxalato, Citrato, Cistina, Alto, Bajo, Rango,
Pruebas, Resultados, Masa, Hematología, Química, Coagulación
"""
ANALYTES = tuple(" ".join(name.split()) for names in (_ENGLISH, _SPANISH) for name in names.split(","))
"""Some 550 names of tests and headings as they are printed, in English and Spanish, with accents."""
ANALYTE_WORDS = frozenset(fold(word) for name in ANALYTES for word in name.split())
NO_LABELS = LAB_WORDS | SIGNS | ANALYTE_WORDS
"""Folded words that are what they are, however like a label they look."""

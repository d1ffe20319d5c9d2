"""Words that laboratories and clinics print again and again: none of them is taken for a name that was misread."""

_WORDS = """
absolute acid acido acidos alanina alanine albumin albumina alcalina aldolase alkaline alto amarillo ambar
amber amilasa ammonia amonio amylase anion antibody anticuerpo anticuerpos antigen appearance aspartato
aspecto automated bacteria bacterias bajo band bands basofilos basophils bicarbonate bicarbonato bilirrubina
bilirubin blanco blancos blast blood calcio calcium carbon carbono casts cells celulas cetonas chloride
cholesterol cilindros clara clarity claro clear cloro cobre colesterol collected color comment comments
complete completo conteo copper corpuscular count creatina creatine creatinina creatinine cuerpos cultivo
culture cystine dander densidad density diferencial differential dioxide dioxido direct directa dust
eosinofilos eosinophils eritrocitos erythrocytes especifica esterasa esterase estradiol examination fasting
ferritin ferritina fibrinogen final fosfatasa fosforo free gamma gap globulin globulina glomerular
glucosa glucose granulocytes gravity growth hairline hazy hematocrit hematocrito hematologia hematology
hemoglobin hemoglobina hemograma hierro high hormona hormone huevo immature immunoglobulin index indice
indirect infant informe inmunoglobulina iron ketones laboratorio laboratory lactate lactato lead leche
leucocitaria leucocitos leukocyte leukocytes libre limit linfocitos lipasa lipase lipid lipidos liver low
lymphocytes magnesio magnesium mean media metabolic metabolico metabolismo method metodo microscopia
microscopic microscopy milk mite mites monocitos monocytes morphology muestra negative negativo neutrofilos
neutrophils nitrite nitrites nitritos nitrogen nitrogeno none normal nota occult orina osmolality paciente
packed panel patient peanut perfil phosphatase phosphorus pituitary plaquetas plasma platelet platelets plomo
polen pollen polvo positive positivo potasio potassium profile prolactin protein proteina proteinas prueba
pruebas range rango ratio reactive recuento reference referencia renal report reported result resultado
resultados results reticulocitos reticulocytes rojo rojos sangre saturation screen sediment sedimentation
segmented serum sintetico sodio sodium specific specimen standard status suero sugar sulfate synthetic test
testosterone thyroid thyroxine tiroides tirotropina titer titulo total trace traces transferrin transferrina
trazas triglicerido trigliceridos triglycerides turbio unidad unidades unit units urea ureico uric urico
urinalysis urine urobilinogen valor valores value values vitamin vitamina volume volumen white yeast yellow
yema zinc
abdomen alergia alergias allergy alta anemia aorta artery asma asthma baja bone boca bowel brain breath bronchial
cara cardiac celiac celiaca celiaco cerebro cerebral chest codo colon corazon cough cuello culture daily dental derma
diaria dientes discharge dolor dosage dose doses dosis ear ears edema espalda estomago eye eyes face febrile fever
fiebre figado foot function gastric gastrica gastrico gastro genital hand hands head heart hepatic hernia higado hora
horas hour hours infection intestinal joint joints kidney knee lengua lesion lung lungs mano masa mass melena moderate
mouth muscle nariz nasal neck nerve nose oral orina oido ojo ojos organ pain pecho pelvic penis pie piel pulmon pulse
pulmonar rash rectal rodilla saliva scalp severe skin spine stool swab tela temperatura testis throat tibia tongue
tos urinary urine uterus vaginal vagina valve vein vena venous vena viral virus vision visual vomit vomito waist wrist
"""
LAB_WORDS = frozenset(_WORDS.split())
LAB_TERMS = frozenset((("white", "blood"), ("white", "cell"), ("white", "cells"), ("white", "count"), ("white", "wbc")))
"""Two words that laboratories print beside each other, of which the first is also a surname."""

"""Words that laboratories print again and again: none of them is taken for a name that was misread."""

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
"""
LAB_WORDS = frozenset(_WORDS.split())

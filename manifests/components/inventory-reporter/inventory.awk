# Makes the inventory record of a node of what nvidia-smi has said. In the folder are
#   gpus       --query-gpu=index,uuid,name,memory.total,mig.mode.current --format=csv,noheader,nounits
#   uuids      -L                the uuids of MIG devices
#   instances  mig -lgi          where the GPU instances begin
#   devices    -q                which MIG device is of which GPU instance
#   links      topo -m           how the GPUs are connected
function fail(text) { print text | "cat 1>&2"; exit 1 }
function warn(text) { print text | "cat 1>&2" }
function trimmed(text) { gsub(/^[ \t]+|[ \t\r]+$/, "", text); return text }
# Nothing that nvidia-smi prints here has to be escaped in JSON, so that anything else is an error.
function plain(text) {
  if (text == "" || text !~ /^[A-Za-z0-9 ._+()\/:-]+$/) fail("nvidia-smi says [" text "] where a name or a number is expected.")
  return text
}
function number(text) {
  if (text !~ /^[0-9]+$/) fail("nvidia-smi says [" text "] where a number is expected.")
  return text + 0
}

function read_gpus(  line, part) {
  while ((getline line < (folder "/gpus")) > 0) {
    if (trimmed(line) == "") continue
    if (split(line, part, ",") != 5) fail("nvidia-smi says of a GPU: " line)
    if (number(trimmed(part[1])) != gpus) fail("nvidia-smi lists GPU " part[1] " where GPU " gpus " is expected.")
    uuid[gpus] = plain(trimmed(part[2]))
    if (uuid[gpus] !~ /^GPU-/) fail("nvidia-smi says [" uuid[gpus] "] where the uuid of GPU " gpus " is expected.")
    name[gpus] = plain(trimmed(part[3]))
    memory[gpus] = number(trimmed(part[4]))
    mig[gpus] = trimmed(part[5]) == "Enabled"
    gpus++
  }
  if (!gpus) fail("nvidia-smi lists no GPU.")
}

# GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-...)
#   MIG 3g.20gb     Device  0: (UUID: MIG-...)
function read_uuids(  line, gpu, device) {
  while ((getline line < (folder "/uuids")) > 0) {
    if (line ~ /^GPU [0-9]+:/) {
      gpu = line; sub(/^GPU /, "", gpu); sub(/:.*/, "", gpu)
    } else if (line ~ /^ +MIG .*Device +[0-9]+: \(UUID: /) {
      device = line; sub(/.*Device +/, "", device); sub(/:.*/, "", device)
      sub(/.*\(UUID: /, "", line); sub(/\).*/, "", line)
      deviceUuid[gpu + 0, device + 0] = plain(line)
    }
  }
}

# |   0  MIG 3g.20gb          9        2          0:4     |
function read_instances(  line, part, n, place) {
  while ((getline line < (folder "/instances")) > 0) {
    if (line !~ /^\| +[0-9]+ +MIG [0-9]/) continue
    n = split(line, part, " ")
    split(part[n - 1], place, ":")
    count[part[2] + 0]++
    instance[part[2] + 0, count[part[2] + 0]] = number(part[n - 2])
    profile[part[2] + 0, part[n - 2] + 0] = plain(part[4])
    start[part[2] + 0, part[n - 2] + 0] = number(place[1])
  }
}

# GPU 00000000:07:00.0, and for each MIG device: Index, GPU Instance ID, Compute Instance ID
function read_devices(  line, gpu, value, device, within) {
  gpu = -1
  while ((getline line < (folder "/devices")) > 0) {
    value = line; sub(/^[^:]*:/, "", value); value = trimmed(value)
    if (line ~ /^GPU [0-9A-Fa-f:.]+/) { gpu++; within = 0 }
    else if (line ~ /^ +MIG Device *$/) within = 1
    else if (within && line ~ /^ +Index +:/) device = number(value)
    else if (within && line ~ /^ +GPU Instance ID +:/) {
      pieces[gpu, value + 0]++
      deviceOf[gpu, value + 0] = device
      within = 0
    }
  }
}

# A tab between columns. The first row names them; colours may stand around the names.
function read_links(  line, part, n, i, a, column) {
  while ((getline line < (folder "/links")) > 0) {
    gsub(/\033\[[0-9;]*m/, "", line)
    n = split(line, part, "\t")
    if (part[1] ~ /^ *$/ && line ~ /GPU0/) {
      for (i = 2; i <= n; i++) {
        part[i] = trimmed(part[i])
        if (part[i] ~ /^GPU[0-9]+$/) column[i] = substr(part[i], 4) + 1
        if (part[i] == "NUMA Affinity") numaColumn = i
      }
    } else if (part[1] ~ /^GPU[0-9]+ *$/) {
      a = substr(trimmed(part[1]), 4) + 0
      for (i in column) {
        if (column[i] - 1 > a && column[i] <= gpus && a < gpus) link[a, column[i] - 1] = trimmed(part[i])
      }
      if (numaColumn && trimmed(part[numaColumn]) ~ /^[0-9]+$/) numa[a] = trimmed(part[numaColumn])
    }
  }
}

function instances_of(gpu,  i, id, text) {
  for (i = 1; i <= count[gpu]; i++) {
    id = instance[gpu, i]
    if (pieces[gpu, id] != 1 || !((gpu, deviceOf[gpu, id]) in deviceUuid)) {
      warn("GPU " gpu ": the GPU instance " id " (" profile[gpu, id] ") has not exactly one compute instance, and is left out.")
      continue
    }
    text = text (text == "" ? "" : ",") "{\"uuid\":\"" deviceUuid[gpu, deviceOf[gpu, id]] "\",\"profile\":\"" profile[gpu, id] \
      "\",\"start\":" start[gpu, id] "}"
  }
  return text
}

function links(  a, b, text, kind) {
  for (a = 0; a < gpus; a++) {
    for (b = a + 1; b < gpus; b++) {
      kind = link[a, b]
      if (kind ~ /^NV[0-9]+$/) kind = "\"nvlink\",\"count\":" (substr(kind, 3) + 0)
      else if (kind == "PIX") kind = "\"pcie-switch\""
      else continue
      text = text (text == "" ? "" : ",") "{\"a\":" a ",\"b\":" b ",\"kind\":" kind "}"
    }
  }
  return text
}

BEGIN {
  gpus = 0
  read_gpus(); read_uuids(); read_instances(); read_devices(); read_links()
  text = "{\"v\":1,\"gpus\":["
  for (gpu = 0; gpu < gpus; gpu++) {
    text = text (gpu ? "," : "") "{\"index\":" gpu ",\"uuid\":\"" uuid[gpu] "\",\"model\":\"" name[gpu] "\",\"memoryMiB\":" \
      memory[gpu] ",\"mode\":\"" (mig[gpu] ? "mig" : "plain") "\""
    if (gpu in numa) text = text ",\"numa\":" numa[gpu]
    if (mig[gpu]) text = text ",\"instances\":[" instances_of(gpu) "]"
    text = text "}"
  }
  text = text "]"
  found = links()
  if (found != "") text = text ",\"links\":[" found "]"
  print text "}"
}

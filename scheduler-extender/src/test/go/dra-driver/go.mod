// Marks the root of the module. What it needs depends on the Kubernetes version and stands in
// ../VERSION/go.mod, which ../build names with -modfile.
module gpu.kerf/dra-driver

go 1.26.8

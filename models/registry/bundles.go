package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/internal/clickhouse"
	"askbuy/models/intent"
	warehouse "askbuy/schemas/clickhouse"
)

// ErrBundle says that what was asked for is not in the registry, or is not
// sound: it is no matter of waiting.
var ErrBundle = errors.New("registry")

// Origins of what lies in the registry.
const (
	OriginShipped  = "shipped"  // came with the program
	OriginTrained  = "trained"  // from the shop's own orders
	OriginImported = "imported" // given by an operator
)

// Kinds of what lies in the registry.
const (
	kindModel = "model"
	kindRules = "rules"
)

const (
	manifestFile = "manifest.json"
	rulesFile    = "rules.json"
)

// Bundles are models and rules as the warehouse has them, by the id of their
// content.
type Bundles struct {
	DB      *clickhouse.DB
	Now     func() time.Time
	Unsound func(id string, reason error) // is told what List and AllParams leave out; nil: nobody
}

// Put keeps a bundle, once it has been found sound. To put it again changes
// nothing, unless what lies under its id is damaged: then it is mended.
func (b Bundles) Put(ctx context.Context, origin string, bundle *intent.Bundle) error {
	m, err := intent.Load(bundle)
	if err != nil {
		return fmt.Errorf("%w: refuse bundle: %w", ErrBundle, err)
	}
	files, err := bundle.Files()
	if err != nil {
		return fmt.Errorf("write bundle %s: %w", m.ID(), err)
	}
	return b.put(ctx, m.ID(), kindModel, origin, files)
}

// PutRules keeps the content of a file of rules and returns its id; a file
// without a rule has none.
func (b Bundles) PutRules(ctx context.Context, raw []byte) (id string, err error) {
	rules, err := intent.ParseRules(raw)
	if err != nil {
		return "", fmt.Errorf("%w: refuse rules: %w", ErrBundle, err)
	}
	if id = rulesID(rules, raw); id == "" {
		return "", nil
	}
	return id, b.put(ctx, id, kindRules, OriginImported, map[string][]byte{rulesFile: raw})
}

func rulesID(rules *intent.Rules, raw []byte) string {
	if rules.Len() == 0 {
		return ""
	}
	sum := sha256.Sum256(raw)
	return "rules:" + hex.EncodeToString(sum[:8])
}

func (b Bundles) put(ctx context.Context, id, kind, origin string, files map[string][]byte) error {
	if err := b.sound(ctx, id, kind); err == nil || !errors.Is(err, ErrBundle) {
		return err
	}
	content := make(map[string]string, len(files))
	for name, file := range files {
		content[name] = string(file)
	}
	row := []any{id, kind, origin, content, content[manifestFile], b.Now().UTC()}
	if err := b.DB.Insert(ctx, warehouse.ModelBundles.Name, warehouse.ModelBundles.Columns, [][]any{row}); err != nil {
		return fmt.Errorf("keep %s %s: %w", kind, id, err)
	}
	return nil
}

// sound is ErrBundle where an id is unknown, or what lies under it is damaged.
func (b Bundles) sound(ctx context.Context, id, kind string) error {
	if kind == kindRules {
		_, err := b.Rules(ctx, id)
		return err
	}
	if _, err := b.Model(ctx, id); err != nil {
		return err
	}
	_, err := b.Params(ctx, []string{id}) // the manifest lies apart from the files
	return err
}

// Model loads a model: its content is held against its id, and its scores
// against its golden texts.
func (b Bundles) Model(ctx context.Context, id string) (*intent.Model, error) {
	files, err := b.files(ctx, id)
	if err != nil {
		return nil, err
	}
	m, err := intent.Open(files)
	if err != nil {
		return nil, fmt.Errorf("%w: model %s is refused: %w", ErrBundle, id, err)
	}
	if m.ID() != id {
		return nil, fmt.Errorf("%w: model %s is refused: the files under this id are of %s; put the right ones there by `askbuy model promote DIR`", ErrBundle, id, m.ID())
	}
	return m, nil
}

// Rules reads rules, whose content is held against their id.
func (b Bundles) Rules(ctx context.Context, id string) (*intent.Rules, error) {
	files, err := b.files(ctx, id)
	if err != nil {
		return nil, err
	}
	raw, err := files.ReadFile(rulesFile)
	if err != nil {
		return nil, fmt.Errorf("%w: rules %s are refused: %w", ErrBundle, id, err)
	}
	rules, err := intent.ParseRules(raw)
	if err == nil && rulesID(rules, raw) != id {
		err = errors.New("their content is another's")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: rules %s are refused: %w", ErrBundle, id, err)
	}
	return rules, nil
}

func (b Bundles) files(ctx context.Context, id string) (fstest.MapFS, error) {
	type row struct {
		Files map[string]string `ch:"files"`
	}
	rows, err := clickhouse.Select[row](ctx, b.DB, "SELECT files FROM "+warehouse.ModelBundles.Name+" FINAL WHERE id = {id:String}", map[string]any{"id": id})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, unknown(id)
	}
	files := fstest.MapFS{}
	for name, content := range rows[0].Files {
		files[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return files, nil
}

func unknown(id string) error {
	return fmt.Errorf("%w: %s is not in the registry (`askbuy model list` says what is): restore %s, or put the bundle there by `askbuy model promote DIR`", ErrBundle, id, warehouse.ModelBundles.Name)
}

// Stored is a model in the registry.
type Stored struct {
	ID        string
	Origin    string
	CreatedAt time.Time
	Manifest  intent.Manifest
}

// List are the models of the registry, the oldest first, without those whose
// manifest is unsound: one bad row takes nobody the others.
func (b Bundles) List(ctx context.Context) ([]Stored, error) {
	rows, err := b.rows(ctx, "kind = {kind:String}", map[string]any{"kind": kindModel})
	if err != nil {
		return nil, err
	}
	list := make([]Stored, 0, len(rows))
	for _, r := range rows {
		stored, err := r.read()
		if err == nil {
			list = append(list, stored)
		} else if b.Unsound != nil {
			b.Unsound(r.ID, err)
		}
	}
	return list, nil
}

type storedRow struct {
	ID        string    `ch:"id"`
	Origin    string    `ch:"origin"`
	Manifest  string    `ch:"manifest"`
	CreatedAt time.Time `ch:"created_at"`
}

func (b Bundles) rows(ctx context.Context, where string, args map[string]any) ([]storedRow, error) {
	rows, err := clickhouse.Select[storedRow](ctx, b.DB, "SELECT id, origin, manifest, created_at FROM "+warehouse.ModelBundles.Name+
		" FINAL WHERE "+where+" ORDER BY created_at, id", args)
	if err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	return rows, nil
}

// read is lenient: of a model of another version the parameters count all the
// same. They must be sound.
func (r storedRow) read() (Stored, error) {
	s := Stored{ID: r.ID, Origin: r.Origin, CreatedAt: r.CreatedAt}
	if err := json.Unmarshal([]byte(r.Manifest), &s.Manifest); err != nil {
		return Stored{}, fmt.Errorf("%w: model %s: read manifest: %w; put the right one there by `askbuy model promote DIR`", ErrBundle, r.ID, err)
	}
	if err := s.Manifest.Params.Validate(); err != nil {
		return Stored{}, fmt.Errorf("%w: model %s: manifest: %w; put the right one there by `askbuy model promote DIR`", ErrBundle, r.ID, err)
	}
	return s, nil
}

// Params are those of these models; no other is looked at.
func (b Bundles) Params(ctx context.Context, ids []string) (map[string]*intent.Params, error) {
	rows, err := b.rows(ctx, "kind = {kind:String} AND has({ids:Array(String)}, id)", map[string]any{"kind": kindModel, "ids": ids})
	if err != nil {
		return nil, err
	}
	found := make(map[string]*intent.Params, len(ids))
	for _, r := range rows {
		stored, err := r.read()
		if err != nil {
			return nil, err
		}
		found[r.ID] = &stored.Manifest.Params
	}
	for _, id := range ids {
		if found[id] == nil {
			return nil, unknown(id)
		}
	}
	return found, nil
}

// AllParams are those of all models that List has, by id.
func (b Bundles) AllParams(ctx context.Context) (map[string]*intent.Params, error) {
	stored, err := b.List(ctx)
	if err != nil {
		return nil, err
	}
	all := make(map[string]*intent.Params, len(stored))
	for i := range stored {
		all[stored[i].ID] = &stored[i].Manifest.Params
	}
	return all, nil
}

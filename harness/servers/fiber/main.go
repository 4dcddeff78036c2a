package main

import (
	"encoding/json"
	"errors"
	"log"
	"os"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/cors"
)

// The policy that corspec asks for.
type Policy struct {
	AnyOrigin      bool     `json:"any_origin"`
	Origins        []string `json:"origins"`
	OriginPatterns []string `json:"origin_patterns"`
	NullOrigin     bool     `json:"null_origin"`
	Methods        []string `json:"methods"`
	RequestHeaders []string `json:"request_headers"`
	ExposedHeaders []string `json:"exposed_headers"`
	Credentials    bool     `json:"credentials"`
	MaxAge         int      `json:"max_age"`
	PrivateNetwork bool     `json:"private_network"`
}

func main() {
	var policy Policy
	if err := json.Unmarshal([]byte(os.Getenv("CORSPEC_POLICY")), &policy); err != nil {
		log.Fatal(err)
	}

	app := fiber.New()
	app.Use(cors.New(config(policy)))

	app.Add(policy.Methods, "/resource", resource)
	app.Add(policy.Methods, "/protected", requireAuthorization, resource)
	app.Get("/failing", func(c fiber.Ctx) error {
		return errors.New("failing")
	})
	app.Get("/events", func(c fiber.Ctx) error {
		c.Set("Content-Type", "text/event-stream")
		return c.SendString("id: 1\ndata: one\n\nid: 2\ndata: two\n\n")
	})

	log.Fatal(app.Listen("127.0.0.1:"+os.Getenv("PORT"), fiber.ListenConfig{DisableStartupMessage: true}))
}

func config(policy Policy) cors.Config {
	config := cors.Config{
		AllowOrigins:        append(policy.Origins, policy.OriginPatterns...),
		AllowMethods:        policy.Methods,
		AllowHeaders:        policy.RequestHeaders,
		ExposeHeaders:       policy.ExposedHeaders,
		AllowCredentials:    policy.Credentials,
		MaxAge:              policy.MaxAge,
		AllowPrivateNetwork: policy.PrivateNetwork,
	}
	if policy.AnyOrigin {
		config.AllowOrigins = []string{"*"}
	}
	if policy.NullOrigin {
		config.AllowOriginsFunc = func(origin string) bool { return origin == "null" }
	}
	if policy.MaxAge == 0 {
		// 0 stands for no Access-Control-Max-Age, a negative value for that of 0.
		config.MaxAge = -1
	}
	return config
}

func resource(c fiber.Ctx) error {
	c.Set("Content-Type", "text/plain")
	c.Set("X-Handler", "resource")
	c.Set("X-Total", "42")
	c.Set("X-Trace", "t1")
	c.Vary("Accept-Encoding")
	c.Set("Cache-Control", "public, max-age=60")
	return c.SendString("resource")
}

func requireAuthorization(c fiber.Ctx) error {
	if c.Get("Authorization") == "" {
		c.Set("WWW-Authenticate", `Basic realm="corspec"`)
		return fiber.ErrUnauthorized
	}
	return c.Next()
}
